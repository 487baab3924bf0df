//! Promises, of feeds as merchants' platforms export them:
//! 1. Every format is told by what it holds, and `init` finds in it what a person would.
//! 2. Products, variants, prices and stock come out as the platform means them.
//! 3. Every fault is mended and counted, or refused with its line; nothing is silent.
//! 4. No byte that is changed makes a reader panic.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use endcap::catalog::feed::Feed;
use endcap::catalog::infer::infer;
use endcap::catalog::product::{Product, Value, products, read_row};
use endcap::catalog::repairs::Repairs;
use endcap::catalog::schema::Schema;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::folder::Folder;
use crate::process::endcap;
use crate::shop::NOW;

const GOOGLE_TSV: &[u8] = include_bytes!("feeds/google.tsv");
const GOOGLE_RSS: &[u8] = include_bytes!("feeds/google.rss.xml");
const GOOGLE_ATOM: &[u8] = include_bytes!("feeds/google.atom.xml");
const SHOPIFY_CSV: &[u8] = include_bytes!("feeds/shopify.csv");
const SHOPIFY_NEW_CSV: &[u8] = include_bytes!("feeds/shopify-new.csv");
const SHOPIFY_JSON: &[u8] = include_bytes!("feeds/shopify.json");
const SHOPIFY_BULK: &[u8] = include_bytes!("feeds/shopify-bulk.jsonl");
const WOOCOMMERCE: &[u8] = include_bytes!("feeds/woocommerce.csv");
const SCHEMA_ORG: &[u8] = include_bytes!("feeds/schema-org.json");
const DAMAGED: &[u8] = include_bytes!("feeds/damaged.csv");

fn feeds(bytes: &[u8]) -> Vec<Feed> {
    let now: Timestamp = NOW.parse().unwrap();
    let feeds = Feed::all_from_bytes("feed", bytes.to_vec()).unwrap();
    feeds.into_iter().map(|feed| feed.as_of(now)).collect()
}

/// Everything that comes of a feed never seen before.
#[track_caller]
fn check(bytes: &[u8], expected: Expect) {
    let mut told = String::new();
    let feed = feeds(bytes);
    writeln!(told, "{}", feed[0].described()).unwrap();
    let schema = infer(feed.into_iter().flatten()).schema;
    tell_schema(&schema, &mut told);
    let mut repairs = Repairs::default();
    let mut feed = feeds(bytes);
    let mut rows = Vec::new();
    for feed in &mut feed {
        rows.extend(
            feed.by_ref()
                .map(|row| read_row(&schema, &row?, &mut repairs)),
        );
        repairs.merge(feed.take_repairs());
    }
    for product in products(&schema, rows.into_iter()) {
        match product {
            Ok((product, problems)) => {
                tell_product(&schema, &product, &mut told);
                problems
                    .iter()
                    .for_each(|problem| writeln!(told, "! {problem}").unwrap());
            }
            Err(problem) => writeln!(told, "! {problem}").unwrap(),
        }
    }
    for repair in repairs.into_list() {
        writeln!(told, "~ {repair}").unwrap();
    }
    expected.assert_eq(&told);
}

fn tell_schema(schema: &Schema, told: &mut String) {
    write!(told, "id={}", schema.id).unwrap();
    for (name, column) in [("group", &schema.group), ("variants", &schema.variants)] {
        if let Some(column) = column {
            write!(told, " {name}={column}").unwrap();
        }
    }
    for attribute in schema.attributes.iter().filter(|own| own.role.is_some()) {
        let columns: Vec<&str> = attribute.columns().collect();
        let role = attribute.role.unwrap();
        let star = if attribute.variant { "*" } else { "" };
        write!(told, " {role:?}{star}={}", columns.join("+")).unwrap();
    }
    writeln!(told, " {}", schema.currency).unwrap();
}

fn tell_product(schema: &Schema, product: &Product, told: &mut String) {
    let tell = |values: &[Vec<Value>]| {
        let named = schema.attributes.iter().zip(values);
        let filled = named.filter(|(_, values)| !values.is_empty());
        let told = filled.map(|(attribute, values)| {
            let values: Vec<String> = values.iter().map(value).collect();
            format!("{}={}", attribute.name, values.join("|"))
        });
        told.collect::<Vec<_>>().join(" ")
    };
    writeln!(told, "{}: {}", product.id, tell(&product.values)).unwrap();
    for variant in &product.variants {
        let buyable = if product.buyable(schema, variant) {
            ""
        } else {
            " (sold out)"
        };
        writeln!(told, "  {}: {}{buyable}", variant.id, tell(&variant.values)).unwrap();
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Date(seconds) => Timestamp::from_second(*seconds).unwrap().to_string(),
    }
}

#[test]
fn google_tsv() {
    check(
        GOOGLE_TSV,
        expect![[r#"
            Google Merchant Center, TSV
            id=id group=item_group_id Title=title Description=description Brand=brand Category=product_type Price*=sale_price+price ListPrice*=price Stock*=availability Image*=image_link Url*=link Color*=color Size*=size Margin=margin USD
            AB12345: title=Mens pique polo shirt description=Made from organic cotton brand=Acorn category=Apparel > Shirts > Polos margin=0.5 details=navy|M|short
              A2B4: price=12 list_price=15 stock=1 image=https://shop.example/polo1.jpg url=https://shop.example/polo?v=1 color=navy size=M gtin=4006381333931
              A2B5: price=15 list_price=15 stock=0 image=https://shop.example/polo2.jpg url=https://shop.example/polo?v=2 color=red size=L gtin=4006381333948 (sold out)
            C1: title=Sun hat description=For the garden brand=Birch category=Apparel > Hats details=straw
              C1: price=1299.5 list_price=1299.5 image=https://shop.example/hat.jpg url=https://shop.example/hat color=straw
            C2: title=Wool hat description=For the snow brand=Birch category=Apparel > Hats details=grey
              C2: stock=1 image=https://shop.example/hat2.jpg url=https://shop.example/hat2 color=grey
            ! feed:5: `price`: `12.00 EUR` is in EUR, the shop's prices are in USD
            ! feed:5: `list_price`: `12.00 EUR` is in EUR, the shop's prices are in USD
            ~ `description`: markup or doubled blanks taken out: 1 row, first on line 2
            ~ `sale_price` is over and was left out: 1 row, first on line 3
            ~ `list_price`: a comma was read as the decimal sign or a mark of thousands: 1 row, first on line 4
            ~ `price`: a comma was read as the decimal sign or a mark of thousands: 1 row, first on line 4
        "#]],
    );
}

#[test]
fn google_rss() {
    check(
        GOOGLE_RSS,
        expect![[r#"
        Google Merchant Center, RSS
        id=id Title=title Description=description Brand=brand Category=product_type Price=price Stock=availability Image=image_link Url=link USD
        TV_123456: title=Acorn 22" TV & stand description=Attractively styled and boasting stunning picture quality brand=Acorn category=Electronics > Televisions price=159 stock=1 image=https://shop.example/tv.jpg url=https://shop.example/tv?a=1&b=2 details=used|22 in
          TV_123456: 
        DVD-0564738: title=Birch boxed set description=Bomb &b; here brand=Birch category=Media > Films price=39.5 stock=0 image=https://shop.example/dvd.jpg url=https://shop.example/dvd
          DVD-0564738:  (sold out)
        ! feed:37: is not valid XML: an element is never closed
        ~ `description`: markup or doubled blanks taken out: 1 row, first on line 8
    "#]],
    );
}

#[test]
fn google_atom() {
    check(
        GOOGLE_ATOM,
        expect![[r#"
        Google Merchant Center, Atom
        id=id Title=title Description=summary Brand=brand Price=price Stock=availability Image=image_link Url=link GBP
        W-1: title=Acorn washing machine description=Quiet and thrifty brand=Acorn price=499 stock=1 image=https://shop.example/w1.jpg url=https://shop.example/w1
          W-1: 
        W-3: title=Cedar kettle description=Boils in two minutes brand=Cedar price=39 image=https://shop.example/w3.jpg url=https://shop.example/w3
          W-3: 
        ~ `sale_price` is not below the price and was left out: 1 row, first on line 6
        ~ past its `expiration_date` and left out: 1 row, first on line 17
    "#]],
    );
}

#[test]
fn shopify_csv() {
    check(
        SHOPIFY_CSV,
        expect![[r#"
            Shopify products, CSV
            id=Variant SKU group=Handle Title=Title Description=Body (HTML) Brand=Vendor Category=Product Category Price*=Variant Price ListPrice*=Variant Compare At Price Stock*=Variant Inventory Qty Image*=Image Src Color*=Color Size*=Size Margin=margin EUR
            example-t-shirt: title=Example T-Shirt description=Soft & warm, "very" soft brand=Acorn category=Apparel > Shirts margin=0.6 tags=mens|t-shirt details=Shirts|TRUE|active|Lithograph|shopify|deny|FALSE|Small
              example-1: price=25 stock=0 image=https://shop.example/1.jpg color=Lithograph size=Small sku=example-1 (sold out)
              example-t-shirt-lithograph-medium: price=25 image=https://shop.example/2.jpg color=Lithograph size=Medium sku=example-t-shirt-lithograph-medium
            example-pants: title=Example Pants description=Warm brand=Birch category=Apparel > Pants tags=mens details=Pants|TRUE|active|deny|FALSE
              example-pants: price=49.99 list_price=60 image=https://shop.example/4.jpg sku=example-pants
            ~ `description`: markup or doubled blanks taken out: 2 rows, first on line 2
            ~ `Variant Compare At Price` is not above `Variant Price` and was left out: 1 row, first on line 3
            ~ without a SKU, its handle and options are taken for one: 1 row, first on line 3
            ~ a further picture of its product and left out: 1 row, first on line 4
            ~ a draft, archived or unpublished in Shopify and left out: 2 rows, first on line 6
        "#]],
    );
}

#[test]
fn shopify_csv_with_the_newer_headers() {
    check(
        SHOPIFY_NEW_CSV,
        expect![[r#"
        Shopify products, CSV
        id=SKU group=URL handle Title=Title Brand=Vendor Category=Product category Price*=Price ListPrice*=Compare-at price Stock*=Inventory quantity Image=Product image URL Size*=Size Margin=margin EUR
        linen-shirt: title=Linen shirt brand=Acorn category=Apparel > Shirts image=https://shop.example/l.jpg margin=0.4872 tags=summer description=Cool details=<p>Cool</p>|Shirts|true|Active|shopify|S
          L-S: price=39 list_price=45 stock=3 size=S sku=L-S continue_selling_when_out_of_stock=false
          L-M: price=39 list_price=45 size=M sku=L-M continue_selling_when_out_of_stock=true
        cotton-cap: title=Cotton cap brand=Birch category=Apparel > Hats image=https://shop.example/c.jpg tags=summer description=Shade details=Shade|Hats|true|Active|shopify
          CAP: price=15 stock=0 sku=CAP continue_selling_when_out_of_stock=false (sold out)
        ~ `description`: markup or doubled blanks taken out: 1 row, first on line 2
    "#]],
    );
}

#[test]
fn shopify_json() {
    check(
        SHOPIFY_JSON,
        expect![[r#"
        Shopify products, JSON
        id=id variants=variants Title=title Description=body_html Brand=vendor Category=product_type Price*=price ListPrice*=compare_at_price Stock*=inventory_quantity Image=images.src Color*=Color Released=published_at EUR
        632910392: title=Pocket Radio description=It's the small radio brand=Acorn category=Audio image=https://shop.example/radio.png released=2026-01-02T14:00:00Z tags=Emotive|Flash Memory|Music handle=pocket-radio details=2026-01-02T08:59:11-05:00|pocket-radio|active
          808950810: price=199 color=Pink sku=RADIO-PINK barcode=4006381333931
          49148385: price=189 list_price=219 stock=20 color=Red sku=RADIO-RED
        921728736: title=Touch Radio description=No buttons brand=Birch category=Audio released=2026-01-02T14:00:00Z handle=touch-radio details=touch-radio|active
          447654529: price=99 sku=TOUCH
        ~ `description`: markup or doubled blanks taken out: 2 rows, first on line 1
        ~ `compare_at_price` is not above `price` and was left out: 1 row, first on line 2
        ~ a draft, archived or unpublished in Shopify and left out: 1 row, first on line 3
    "#]],
    );
}

#[test]
fn shopify_bulk_export() {
    check(
        SHOPIFY_BULK,
        expect![[r#"
            Shopify products, JSON Lines
            id=id group=__parentId Title=title Brand=vendor Category=productType Price*=price Stock*=inventoryQuantity Image=image Color*=Color Margin=margin EUR
            gid://shopify/Product/1: title=Canvas bag brand=Acorn category=Bags image=https://shop.example/bag.jpg margin=0.75 description_html=Strong tags=bag|canvas details=<p>Strong</p>|ACTIVE|bag|canvas
              gid://shopify/ProductVariant/11: price=20 stock=4 color=Red sku=BAG-R
              gid://shopify/ProductVariant/12: price=22 color=Blue sku=BAG-B
            gid://shopify/Product/3: title=Jute bag brand=Cedar category=Bags description_html=Rough tags=bag details=Rough|ACTIVE|bag
              gid://shopify/ProductVariant/31: price=9 stock=0 sku=JUTE (sold out)
            ~ `description_html`: markup or doubled blanks taken out: 1 row, first on line 1
            ~ a draft, archived or unpublished in Shopify and left out: 2 rows, first on line 5
        "#]],
    );
}

#[test]
fn woocommerce_csv() {
    check(
        WOOCOMMERCE,
        expect![[r#"
        WooCommerce products, CSV
        id=SKU group=Parent Title=Name Description=Description Category=Categories Price*=Sale price+Regular price ListPrice*=Regular price Stock*=Stock+In stock? Image=Images Color*=Color EUR
        HOODIE: title=Logo Hoodie description=Warm and soft category=Clothing > Hoodies|Sale image=https://shop.example/h.jpg|https://shop.example/h2.jpg weight_kg=0.5 tags=warm|cotton details=variable|visible|A hoodie|taxable|warm|cotton|x|Blue|Green
          HOODIE-BLUE: price=40 list_price=45 stock=7 color=Blue sku=HOODIE-BLUE backorders_allowed=0 date_sale_price_starts=2026-11-01T00:00:00Z date_sale_price_ends=2026-11-30T00:00:00Z
          102: price=45 list_price=45 color=Green sku=102 backorders_allowed=notify date_sale_price_starts=2026-01-01T00:00:00Z date_sale_price_ends=2026-01-31T00:00:00Z
        CAP: title=Cap description=Shade category=Clothing > Accessories image=https://shop.example/c.jpg weight_kg=0.1 details=simple|visible|taxable
          CAP: price=18.5 list_price=18.5 stock=0 sku=CAP backorders_allowed=0 (sold out)
        ~ `description`: markup or doubled blanks taken out: 1 row, first on line 2
        ~ `Sale price` is over and was left out: 1 row, first on line 4
        ~ without a SKU, its number is taken for one: 1 row, first on line 4
        ~ `list_price`: a comma was read as the decimal sign or a mark of thousands: 1 row, first on line 5
        ~ `price`: a comma was read as the decimal sign or a mark of thousands: 1 row, first on line 5
        ~ unpublished or hidden in WooCommerce and left out: 2 rows, first on line 6
    "#]],
    );
}

#[test]
fn schema_org_json_ld() {
    check(
        SCHEMA_ORG,
        expect![[r#"
            schema.org products, JSON
            id=id variants=variants Title=name Description=description Brand=brand Category=category Price*=price ListPrice=list_price Stock*=availability Image=image Url=url Color*=color Size*=size Rating=rating USD
            0446310786: title=Executive Anvil description=Sleeker than any other anvil brand=Acorn category=Tools > Anvils list_price=159.99 image=https://shop.example/anvil1.jpg|https://shop.example/anvil4.jpg url=https://shop.example/anvil rating=4.4 sku=0446310786 gtin13=4006381333931 material=steel details=black|USD|UsedCondition
              0446310786: price=119.99 stock=1 color=black sku_2=0446310786
            44E01: title=Wool winter coat description=Warm brand=Birch category=Clothing > Coats details=44E01
              44E01-M: price=39.99 stock=1 color=green size=M sku_2=44E01-M
              44E01-L: price=49.99 color=blue size=L sku_2=44E01-L
            ~ no product in schema.org's words and left out: 1 row, first on line 4
        "#]],
    );
}

#[test]
fn a_damaged_spreadsheet() {
    check(
        DAMAGED,
        expect![[r#"
        CSV
        id=Artikelnummer Title=Bezeichnung Brand=Marke Category=Kategorie Price=Preis ListPrice=UVP Stock=Lagerbestand Color=Farbe Size=Größe EUR
        7001: title=Müslischale brand=Ahorn category=Küche price=4.5 list_price=5 stock=3 farbe=rot artikelnummer=7001
          7001: 
        ! feed:2: `größe`: `8-Oct` is a size that a spreadsheet took for a date
        ! feed:2: `ean`: `4,00638E+12` is a code that a spreadsheet shortened
        7002: title=Pfanne brand=Birke category=Küche price=1299 stock=0 farbe=blau größe=groß artikelnummer=7002 ean=4006381333931
          7002:  (sold out)
        ! feed:4: the id `6,23E+12` in `Artikelnummer` was shortened by a spreadsheet; format the column as text and export again
        7004: title=Deckel brand=Birke category=Küche farbe=blau größe=groß artikelnummer=7004 ean=4006381333955
          7004: 
        ! feed:5: `price`: `9.00 USD` is in USD, the shop's prices are in EUR
        ! feed: line 1 and 4 more are not UTF-8 and were read as Windows-1252 (export the feed as UTF-8)
        ~ `list_price`: a comma was read as the decimal sign or a mark of thousands: 1 row, first on line 2
        ~ `price`: a comma was read as the decimal sign or a mark of thousands: 2 rows, first on line 2
    "#]],
    );
}

#[test]
fn parquet() {
    check(
        &parquet_bytes(),
        expect![[r#"
        Parquet
        id=id Title=title Price=price Stock=stock EUR
        P-1: title=Oak table price=120.5 stock=3
          P-1: 
        P-2: title=Tin lamp stock=0
          P-2:  (sold out)
    "#]],
    );
}

/// Two products in Parquet, one column of each kind.
fn parquet_bytes() -> Vec<u8> {
    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message product { REQUIRED BYTE_ARRAY id (UTF8); REQUIRED BYTE_ARRAY title (UTF8); OPTIONAL DOUBLE price; REQUIRED INT64 stock; }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties.into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let texts = |texts: [&str; 2]| texts.map(|text| ByteArray::from(text.as_bytes().to_vec()));
    for values in [texts(["P-1", "P-2"]), texts(["Oak table", "Tin lamp"])] {
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&values, None, None)
            .unwrap();
        column.close().unwrap();
    }
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<DoubleType>()
        .write_batch(&[120.5], Some(&[1, 0]), None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int64Type>()
        .write_batch(&[3, 0], None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TABLES: &[u8] = b"sku,name,price\nA-1,Oak table,120.00\nA-2,Oak chair,45.50\n";
const LAMPS: &[u8] = b"sku,name,price\nB-1,Tin lamp,30.00\n";

#[test]
fn a_folder_and_an_archive_hold_as_many_feeds_as_files() {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    folder.write("feeds/tables.csv", TABLES);
    folder.write("feeds/lamps.csv", LAMPS);
    folder.write("feeds/.hidden", "nothing");
    let files: [(&str, &[u8]); 3] = [
        ("tables.csv", TABLES),
        ("more/lamps.csv", LAMPS),
        ("__MACOSX/x", b"y"),
    ];
    folder.write("feeds.zip", zipped(&files));
    let path = |name: &str| folder.path(name).to_str().unwrap().to_string();
    endcap(&["init", &path("shop"), "--from", &path("feeds")]).succeeds();
    let told = |name: &str| {
        let built = folder.run(&["index", &path(name)]).succeeds();
        built
            .stdout
            .replace(folder.dir.path().to_str().unwrap(), "DIR")
    };
    expect![[r#"
        reading DIR/feeds/lamps.csv (CSV)
        reading DIR/feeds/tables.csv (CSV)
        generation 1 is live: 3 products, 3 variants, 0 lines refused
    "#]]
    .assert_eq(&told("feeds"));
    expect![[r#"
        reading DIR/feeds.zip/tables.csv (CSV)
        reading DIR/feeds.zip/more/lamps.csv (CSV)
        generation 2 is live: 3 products, 3 variants, 0 lines refused
        0 added, 0 changed, 0 removed
    "#]]
    .assert_eq(&told("feeds.zip"));
}

#[test]
fn archives_that_hold_no_feeds_are_refused() {
    let refused = |bytes: Vec<u8>| match Feed::all_from_bytes("feed.zip", bytes) {
        Err(error) => error.to_string(),
        Ok(_) => "read".into(),
    };
    let mut damaged = zipped(&[("tables.csv", TABLES)]);
    let middle = damaged.len() - 20;
    damaged.truncate(middle);
    expect![[r#"
        feed feed.zip is in no known format: it is a spreadsheet, which must be saved as CSV first; write JSON Lines, a JSON array, CSV, TSV, RSS, Atom or Parquet, plain or as .gz, .zst or .zip
        feed feed.zip is empty
        feed feed.zip cannot be read, nothing comes out of it: invalid Zip archive: Could not find EOCD"#]].assert_eq(
        &[
            refused(zipped(&[("[Content_Types].xml", b"<x/>")])),
            refused(zipped(&[("__MACOSX/x", b"y")])),
            refused(damaged),
        ]
        .join("\n"),
    );
}

#[test]
fn what_grows_beyond_all_measure_is_cut_off() {
    let mut bomb = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    bomb.write_all(b"id,title\n").unwrap();
    let line = [&[b'x'; 1 << 20][..], b"\n"].concat();
    for _ in 0..300 {
        bomb.write_all(&line).unwrap();
    }
    let mut feed = Feed::from_bytes("bomb.csv.zst", bomb.finish().unwrap()).unwrap();
    let problems: Vec<String> = feed
        .by_ref()
        .filter_map(Result::err)
        .map(|problem| problem.to_string())
        .collect();
    assert!(feed.truncated());
    assert!(
        problems
            .last()
            .unwrap()
            .contains("it grows to more than 200 times its size")
    );
}

#[test]
fn a_group_of_very_many_variants_is_one_product_of_the_first_thousand() {
    let mut feed = "id,item_group_id,title,price\n".to_string();
    for row in 0..100_000 {
        writeln!(feed, "v{row},all,Shirt,{}", row % 90).unwrap();
    }
    let schema = infer(feeds(feed.as_bytes()).into_iter().flatten()).schema;
    let mut repairs = Repairs::default();
    let rows = feeds(feed.as_bytes()).into_iter().flatten();
    let rows = rows.map(|row| read_row(&schema, &row?, &mut repairs));
    let found: Vec<_> = products(&schema, rows).map(Result::unwrap).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0.variants.len(), 1_000);
    assert_eq!(found[0].1.len(), 1, "said once: {:?}", found[0].1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_changed_byte_makes_a_reader_panic(
        which in 0_usize..12,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let fixtures = [
            GOOGLE_TSV, GOOGLE_RSS, GOOGLE_ATOM, SHOPIFY_CSV, SHOPIFY_NEW_CSV, SHOPIFY_JSON, SHOPIFY_BULK, WOOCOMMERCE,
            SCHEMA_ORG, DAMAGED, &parquet_bytes(), &zipped(&[("tables.csv", TABLES), ("coat.json", SCHEMA_ORG)]),
        ];
        let mut bytes = fixtures[which].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let Ok(feeds) = Feed::all_from_bytes("feed", bytes) else { return Ok(()) };
        let inferred = infer(feeds.into_iter().flatten());
        prop_assert!(!inferred.schema.attributes.is_empty());
    }
}
