//! What inference promises:
//! 1. it finds the id, the title and every role that the platforms' exports have;
//! 2. the file it writes reads back as the same schema;
//! 3. on real feeds it finds what a person would, and no feed makes it panic.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::catalog::feed::{Feed, Source};
use crate::catalog::shop_files::write_shop;

/// A feed of the shared data folder; `None` when it is not there, and says so.
fn real(file: &str) -> Option<Inferred> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(file);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let feed = Feed::open(&Source::File(path)).expect("the feed opens");
    Some(infer(feed))
}

fn inferred(text: &str) -> Inferred {
    infer(Feed::from_bytes("feed", text.into()).expect("the feed opens"))
}

/// `role=column+column` for each role, `id`, `group` and `variants`.
fn parts(inferred: &Inferred) -> String {
    let schema = &inferred.schema;
    let mut parts = vec![format!("id={}", schema.id)];
    parts.extend(schema.group.iter().map(|group| format!("group={group}")));
    parts.extend(
        schema
            .variants
            .iter()
            .map(|variants| format!("variants={variants}")),
    );
    for attribute in &schema.attributes {
        if let Some(role) = attribute.role {
            let columns: Vec<&str> = attribute.columns().collect();
            let variant = if attribute.variant { "*" } else { "" };
            parts.push(format!("{role:?}{variant}={}", columns.join("+")));
        }
    }
    assert_reads_back(inferred);
    parts.join(" ")
}

fn assert_reads_back(inferred: &Inferred) {
    let text = commented_toml(inferred);
    let again = Schema::parse("schema.toml", &text)
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(again, inferred.schema);
}

#[test]
fn what_is_left_out_is_listed_with_the_reason() {
    let rows: String = (0..100)
        .map(|row| {
            let rare = if row == 7 { "gold" } else { "" };
            format!("{row},Shoe number {row},EU,{rare},,{}\n", 7_000_000 + row)
        })
        .collect();
    let inferred = inferred(&format!("id,title,origin,finish,void,batch\n{rows}"));
    assert_eq!(
        inferred.left_out,
        [
            "origin: has the same value everywhere",
            "finish: filled in only 1.0 % of the rows",
            "void: always empty",
            "batch: holds codes rather than amounts",
        ]
    );
    let written = commented_toml(&inferred);
    assert!(
        written.contains("#   origin: has the same value everywhere\n"),
        "{written}"
    );
    assert_reads_back(&inferred);
}

#[test]
fn a_google_feed_is_understood() {
    let feed = "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tsale_price\tbrand\tgtin\titem_group_id\tcolor\tsize\tproduct_type\n\
        1\tShirt red\tA shirt of cotton\thttps://s.example/1\thttps://s.example/1.jpg\tin_stock\t20.00 USD\t15.00 USD\tAcorn\t0095205603217\tA\tred\tM\tWear > Shirts\n\
        2\tShirt red\tA shirt of cotton\thttps://s.example/2\thttps://s.example/1.jpg\tout_of_stock\t20.00 USD\t\tAcorn\t0884420588030\tA\tblue\tL\tWear > Shirts\n\
        3\tHat\tA hat for the sun\thttps://s.example/3\thttps://s.example/3.jpg\tin_stock\t9.00 USD\t\tBirch\t0065030815772\tB\tred\tM\tWear > Hats\n";
    let inferred = inferred(feed);
    assert_eq!(
        parts(&inferred),
        "id=id group=item_group_id Title=title Description=description Brand=brand Category=product_type \
         Price*=sale_price+price ListPrice*=price Stock*=availability Image=image_link Url*=link Color*=color Size*=size"
    );
    let schema = &inferred.schema;
    assert_eq!(
        (schema.currency.as_str(), schema.language.as_str()),
        ("USD", "en")
    );
    let category = schema.attribute("category").expect("there is one");
    assert_eq!(
        (category.kind, category.facet, category.affinity),
        (Kind::Path, true, true)
    );
    let gtin = schema.attribute("gtin").expect("there is one");
    assert_eq!((gtin.searched, gtin.variant), (Some(0.5), true));
}

#[test]
fn a_shopify_export_is_understood() {
    let feed = "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Value,Variant SKU,Variant Price,Variant Compare At Price,Variant Inventory Qty,Image Src\n\
        shirt,Shirt,<p>Soft</p> and warm,Acorn,Shirts,\"new, summer\",red,S-1,20.00,25.00,3,https://s.example/1.jpg\n\
        shirt,,,,,,blue,S-2,22.00,,0,https://s.example/2.jpg\n\
        shirt,,,,,,,,,,,https://s.example/3.jpg\n\
        hat,Hat,For the sun,Birch,Hats,\"new, winter\",red,H-1,9.00,,5,https://s.example/4.jpg\n";
    assert_eq!(
        parts(&inferred(feed)),
        "id=Variant SKU group=Handle Title=Title Description=Body (HTML) Brand=Vendor Category=Type \
         Price*=Variant Price ListPrice*=Variant Compare At Price Stock*=Variant Inventory Qty Image*=Image Src"
    );
}

#[test]
fn nested_variants_are_understood() {
    let feed = r#"{"id":1,"title":"Shirt","body_html":"<p>Soft</p>","vendor":"Acorn","product_type":"Shirts","tags":["new","red"],"images":[{"src":"https://s.example/1.jpg"}],"variants":[{"id":11,"sku":"S1","price":"20.00","compare_at_price":null,"inventory_quantity":3},{"id":12,"sku":"S2","price":"22.00","inventory_quantity":0}]}
{"id":2,"title":"Hat","body_html":"For the sun","vendor":"Birch","product_type":"Hats","tags":["new"],"images":[],"variants":[{"id":21,"sku":"H1","price":"9.00","compare_at_price":"10.00","inventory_quantity":1}]}
"#;
    assert_eq!(
        parts(&inferred(feed)),
        "id=id variants=variants Title=title Description=body_html Brand=vendor Category=product_type Price*=price \
         ListPrice*=compare_at_price Stock*=inventory_quantity Image=images.src"
    );
}

#[test]
fn a_woocommerce_export_is_understood() {
    let feed = "ID,Type,SKU,Name,Description,In stock?,Stock,Regular price,Sale price,Categories,Images,Parent\n\
        1,variable,S,Shirt,Soft and warm,1,,,,\"Wear > Shirts, Sale\",\"https://s.example/1.jpg, https://s.example/2.jpg\",\n\
        2,variation,S-M,Shirt M,,1,3,20,15,,https://s.example/3.jpg,S\n\
        3,variation,S-L,Shirt L,,0,0,20,,,https://s.example/4.jpg,S\n\
        4,simple,H,Hat,For the sun,1,,9,,Wear > Hats,https://s.example/5.jpg,\n";
    let inferred = inferred(feed);
    assert_eq!(
        parts(&inferred),
        "id=SKU group=Parent Title=Name Description=Description Category=Categories Price*=Sale price+Regular price \
         ListPrice*=Regular price Stock*=Stock+In stock? Image*=Images"
    );
}

#[test]
fn a_german_feed_is_understood() {
    let feed = "Artikelnummer;Bezeichnung;Beschreibung;Marke;Kategorie;Preis;UVP;Lagerbestand;Farbe;Größe\n\
        7001;Tasse;Eine Tasse aus Ton für den Kaffee;Ahorn;Küche;4,50 €;5,00 €;3;rot;klein\n\
        7002;Pfanne;Die Pfanne mit Griff;Birke;Küche;1.299,00 €;;0;blau;groß\n";
    let inferred = inferred(feed);
    assert_eq!(
        parts(&inferred),
        "id=Artikelnummer Title=Bezeichnung Description=Beschreibung Brand=Marke Category=Kategorie Price=Preis \
         ListPrice=UVP Stock=Lagerbestand Color=Farbe Size=Größe"
    );
    assert_eq!(
        (
            inferred.schema.currency.as_str(),
            inferred.schema.language.as_str()
        ),
        ("EUR", "de")
    );
}

#[test]
fn icecat_is_understood() {
    let Some(inferred) = real("icecat/products.jsonl.gz") else {
        return;
    };
    assert_eq!(
        parts(&inferred),
        "id=id Title=title Description=short_description Brand=supplier Price=price \
         Image=img_500x500+img_high+img_low Color=attr_t_product_colour Released=date_released \
         Type=attr_t_product_type Type=attr_t_type Type=attr_t_device_type"
    );
    let schema = &inferred.schema;
    let price = schema.attribute("price").expect("there is one");
    assert_eq!(
        (price.kind, price.scale, price.sort),
        (Kind::Money, Some(0.01), true)
    );
    let searched: Vec<(&str, f32)> = schema
        .attributes
        .iter()
        .filter_map(|attribute| Some((attribute.name.as_str(), attribute.searched?)))
        .collect();
    assert_eq!(
        searched,
        [
            ("title", 3.0),
            ("description", 1.0),
            ("brand", 2.0),
            ("product_type", 1.0),
            ("type", 1.0),
            ("device_type", 1.0),
            ("ean", 0.5),
            ("oem_code", 0.5),
            ("details", 0.4)
        ]
    );
    assert!(schema.attributes.len() <= PROPOSED_MAX + 1);
    for facet in [
        "product_colour",
        "product_type",
        "type",
        "cable_length",
        "processor_family",
        "internal_memory",
        "colour",
    ] {
        assert!(
            schema
                .attribute(facet)
                .is_some_and(|attribute| attribute.facet),
            "{facet}"
        );
    }
    let colour = schema.attribute("product_colour").expect("there is one");
    assert!(
        colour.affinity
            && schema
                .attribute("brand")
                .is_some_and(|brand| brand.affinity && brand.facet)
    );
}

#[test]
fn sparse_feeds_are_understood() {
    for (file, expected) in [
        (
            "homedepot/products.csv.gz",
            "id=product_uid Title=product_title",
        ),
        (
            "online-retail/products.csv.gz",
            "id=sku Title=name Price=unit_price",
        ),
        (
            "completejourney/products.csv.gz",
            "id=product_id Title=product_type+product_category+department Brand=brand Category=product_category Type=product_type",
        ),
    ] {
        if let Some(inferred) = real(file) {
            assert_eq!(parts(&inferred), expected);
        }
    }
}

#[test]
fn a_shop_is_written_once() {
    let shop = tempfile::tempdir().expect("a folder");
    let inferred = inferred("id,title\n1,Mug\n");
    let files = write_shop(shop.path(), &inferred, "mugs.csv").expect("an empty folder");
    let names: Vec<String> = files
        .iter()
        .map(|file| {
            file.strip_prefix(shop.path())
                .expect("inside")
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        names,
        [
            "endcap.toml",
            "index/schema.toml",
            "index/ranking.toml",
            "synonyms/en.txt",
            "merchandising/rules/example.toml",
            ".gitignore"
        ]
    );
    assert_eq!(Schema::load(shop.path()), Ok(inferred.schema.clone()));
    for file in files.iter().filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    }) {
        let text = std::fs::read_to_string(file).expect("it was written");
        assert!(text.parse::<toml::Table>().is_ok(), "{}", file.display());
    }
    std::fs::remove_file(shop.path().join("endcap.toml")).expect("it was written");
    let error = write_shop(shop.path(), &inferred, "mugs.csv").expect_err("the schema is there");
    assert!(
        error.to_string().contains("schema.toml is there already"),
        "{error}"
    );
    assert!(!shop.path().join("endcap.toml").exists());
}

proptest! {
    #[test]
    fn any_feed_gets_a_schema_that_reads_back(
        header in proptest::collection::vec("(id|title|price|image|size|a.b|Größe|\\PC{0,6})", 2..6),
        cells in proptest::collection::vec(proptest::collection::vec("(1|2.5|yes|a > b|x\\|y|https://a/b.jpg|2020-01-01|\\PC{0,9})", 6), 0..8),
    ) {
        let object = |row: &Vec<String>| {
            let cells = header.iter().cloned().zip(row.iter().cloned().map(serde_json::Value::String));
            serde_json::Value::Object(cells.collect()).to_string()
        };
        let feed: Vec<String> = cells.iter().map(object).collect();
        let inferred = inferred(&format!("{{\"a\":[1,{{\"b\":2}}]}}\n{}", feed.join("\n")));
        assert_reads_back(&inferred);
    }
}
