//! How platforms and merchants spell the columns we look for: lists of names between blanks, the surest first.

use crate::catalog::schema::Role;

pub(super) const ID: &str = "\
    id product_id productid objectid object_id sku product_uid uid uuid item_id article_id \
    artikelnummer artikelnr article_number product_code item_number code asin gtin ean mpn handle \
    slug";

pub(super) const GROUP: &str = "\
    item_group_id group_id product_group_id inproductgroupwithid handle url_handle parent_sku \
    parent_id parent style_id style style_code master_id configurable_sku";

/// Codes a person may type to find exactly one product.
pub(super) const CODES: &str = "\
    sku ean gtin gtin8 gtin12 gtin13 gtin14 upc isbn mpn asin barcode model model_number modelnumber \
    part_number partnumber oem_code oem_number manufacturer_part_number article_number artikelnummer \
    item_number product_code model_code hersteller_artikelnummer";

/// Words a merchant adds for searching.
pub(super) const KEYWORDS: &str = "\
    keywords tags search_terms search_keywords labels synonyms schlagworte stichworte \
    product_highlight subtitle alternative_title name model_name series collection material";

/// Prices from before a reduction, when another column has the reduced one.
pub(super) const REGULAR_PRICE: &str = "price regular_price";
pub(super) const REDUCED_PRICE: &str = "sale_price special_price discounted_price";

/// Parts of `_name_` that speak of parcels, pallets and bookkeeping, which no shopper filters by.
pub(super) const LOGISTICS: &str = "\
    _pallet_ _package_w _package_h _package_d _package_l _carton _outer_case _harmonized_ _customs_ \
    _tariff _last_change_ _ark_id_ _shipping _created_ _updated_ _modified_ _position_ _id_ _status_ \
    _tax_ _checksum_ _seo_ _meta_ _published_ _requires_ _inventory_ _imperial_ _currency_ \
    _language_";

/// Spellings of a role's column, the surest first.
pub(super) fn spellings(role: Role) -> &'static str {
    match role {
        Role::Title => {
            "\
            title product_title name product_name item_name titel produktname bezeichnung \
            artikelbezeichnung produktbezeichnung artikelname nom titre nombre titulo nome headline \
            display_name"
        }
        Role::Description => {
            "\
            description body_html long_description product_description beschreibung body \
            descriptionhtml description_html short_description kurzbeschreibung langbeschreibung \
            summary details descripcion descrizione text about features"
        }
        Role::Brand => {
            "\
            brand brand_name vendor manufacturer manufacturer_name supplier marke hersteller marque \
            marca fabricant maker label designer publisher"
        }
        Role::Category => {
            "\
            category categories product_category category_path category_name categorypath \
            google_product_category product_type kategorie kategorien warengruppe produktkategorie \
            categorie categoria hierarchicalcategories breadcrumb breadcrumbs taxonomy department \
            section collection type"
        }
        Role::Price => {
            "\
            price unit_price current_price final_price selling_price sales_price retail_price preis \
            verkaufspreis vk_preis prix precio prezzo prijs amount price_amount regular_price \
            sale_price"
        }
        Role::ListPrice => {
            "\
            list_price compare_at_price compare_at msrp rrp uvp old_price was_price original_price \
            price_before strike_price streichpreis regular_price base_price"
        }
        Role::Stock => {
            "\
            stock stock_quantity inventory_quantity inventory_qty inventory inventory_level qty \
            quantity quantity_available available_quantity lagerbestand bestand availability \
            stock_status in_stock is_in_stock available verfugbarkeit verfügbarkeit"
        }
        Role::Image => {
            "\
            image image_link image_url imageurl main_image primary_image image_src product_image_url \
            featured_image images img img_500x500 img_medium img_high img_large picture picture_url \
            photo bild bild_url bildlink imagen immagine thumbnail thumbnail_url img_low img_thumb \
            images_src image_link_1"
        }
        Role::Url => {
            "\
            url link product_url product_link permalink deeplink deep_link canonical_url href \
            produkt_url mobile_link page_url"
        }
        Role::Color => {
            "\
            color colour product_color product_colour farbe couleur colore kleur color_name \
            colour_name base_colour basecolour"
        }
        Role::Size => {
            "\
            size sizes größe groesse grosse taille talla taglia maat clothing_size shoe_size \
            size_name"
        }
        Role::Rating => {
            "\
            rating average_rating avg_rating rating_value ratingvalue review_rating stars bewertung \
            review_score reviews_average aggregaterating_ratingvalue"
        }
        Role::Popularity => {
            "\
            popularity units_sold total_sales sold sales order_count purchases bestseller_score"
        }
        Role::Margin => "margin profit_margin marge margin_rate",
        Role::Released => {
            "\
            released release_date date_released launch_date published_at created_at date_created \
            date_added available_from erscheinungsdatum first_available releasedate"
        }
        Role::Type => {
            "\
            product_type type kind item_type device_type article_type apparel_type garment_type product_kind \
            product_category subcategory sub_category producttype produkttyp produktart artikeltyp artikelart \
            gerätetyp geräteart type_de_produit tipo tipo_de_producto tipo_di_prodotto tipo_de_produto productsoort \
            varutyp"
        }
    }
}

/// The name an attribute of this role gets, whatever the feed calls it; colours, sizes and types keep their own.
pub(super) fn canonical(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Title => "title",
        Role::Description => "description",
        Role::Brand => "brand",
        Role::Category => "category",
        Role::Price => "price",
        Role::ListPrice => "list_price",
        Role::Stock => "stock",
        Role::Image => "image",
        Role::Url => "url",
        Role::Rating => "rating",
        Role::Popularity => "popularity",
        Role::Margin => "margin",
        Role::Released => "released",
        Role::Color | Role::Size | Role::Type => return None,
    })
}

/// A column's name without what the platform puts around it: `g:imageLink` and `Image link` are `image_link`,
/// `attr_t_product_colour` is `product_colour`, `Variant Price` is `price`.
pub(super) fn plain_name(column: &str) -> String {
    let mut name = String::with_capacity(column.len() + 4);
    let mut previous = ' ';
    for letter in column.trim().chars() {
        let hump = letter.is_uppercase() && previous.is_lowercase();
        if hump || !letter.is_alphanumeric() {
            name.push('_');
        }
        if letter.is_alphanumeric() {
            name.extend(letter.to_lowercase());
        }
        previous = letter;
    }
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let from = match words.as_slice() {
        ["attr" | "attribute" | "attributes", kind, _, ..]
            if kind.len() == 1 && !kind.starts_with(char::is_numeric) =>
        {
            2
        }
        ["attr" | "g" | "pa" | "variant", _, ..] => 1,
        _ => 0,
    };
    words[from..].join("_")
}

/// Whether the name is one of these.
pub(super) fn is_one_of(list: &str, plain: &str) -> bool {
    list.split(' ').any(|known| known == plain)
}

/// How sure this spelling is: the position in the list, `None` when it is not there. A product's or an item's price is
/// a price.
pub(super) fn rank(list: &str, plain: &str) -> Option<usize> {
    let position = |name: &str| list.split(' ').position(|known| known == name);
    let bare = ["product_", "item_", "article_", "artikel_"]
        .iter()
        .find_map(|prefix| plain.strip_prefix(prefix));
    position(plain).or_else(|| bare.and_then(position).map(|at| at + list.len()))
}
