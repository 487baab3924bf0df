//! A flat drawing for every kind of thing in every colour it comes in.

use super::phrases::slug;
use super::tables::{Color, tables};

const WHITE: [u8; 3] = [255, 255, 255];
const NIGHT: [u8; 3] = [24, 22, 34];
const HAZE: [u8; 3] = [128, 132, 150];
/// What light things stand on, so that they can be seen.
const MIST: [u8; 3] = [0xdd, 0xe3, 0xe6];
/// Brightness, 0 to 255, from which a colour needs a darker ground and gentler shadows.
const BRIGHT: f64 = 205.0;
/// The shadow under things that stand.
const FLOOR: &str = r#"<ellipse cx="300" cy="488" rx="200" ry="18" opacity=".1"/>"#;

macro_rules! drawings {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("drawings/", $name, ".svg")))),*]
    };
}

/// The drawings by name, sorted. Each is the inside of an SVG whose colours are words: `$base` and its shades.
pub(crate) const DRAWINGS: &[(&str, &str)] = drawings! {
    "armchair" "backpack" "ball" "barbecue" "basket" "basketball" "beanie" "belt" "bicycle" "blanket" "blender"
    "blocks" "board" "boardgame" "book" "boot" "bottle" "bowl" "breadknife" "bucket" "bulb" "bunny" "camera"
    "candle" "cap" "cardigan" "casserole" "chair" "charger" "chelsea" "clock" "coat" "coffeemaker" "cushion"
    "deckchair" "dice" "diffuser" "dress" "duffel" "dumbbell" "earbuds" "flipflop" "floorlamp" "football"
    "glass" "glove" "goggles" "gown" "guidebook" "hammock" "handbag" "headphones" "headtorch" "helmet" "hightop"
    "hoodie" "hose" "jacket" "jar" "jeans" "jumper" "kettle" "kettlebell" "keyboard" "kite" "knife" "lamp"
    "lantern" "lens" "marker" "massage" "mat" "mouse" "mug" "necklace" "notebook" "pan" "pen" "pencil" "pendant"
    "phonecase" "plantpot" "plushdog" "poles" "polo" "pot" "powerbank" "puffer" "pump" "puzzle" "racket"
    "raisedbed" "ring" "robe" "rucksack" "rug" "runner" "sandal" "scale" "scarf" "secateurs" "shelf" "shirt"
    "shorts" "skateboard" "sketchbook" "skirt" "sleepingbag" "slipon" "slipper" "smartspeaker" "smartwatch"
    "sneaker" "soap" "sock" "sofa" "spade" "speaker" "sprinkler" "stove" "sunglasses" "swimgoggles" "table"
    "tarp" "teapot" "teddy" "tent" "toaster" "towel" "toycar" "train" "tripod" "trousers" "tshirt" "tube"
    "umbrella" "vase" "wallet" "watch" "wateringcan" "webcam" "windowbox"
};

/// The SVG of a drawing in one of the shop's colours; nothing when either is unknown.
pub fn picture(drawing: &str, color: &str) -> Option<String> {
    let position = DRAWINGS
        .binary_search_by_key(&drawing, |(name, _)| name)
        .ok()?;
    Some(paint(DRAWINGS[position].1, tables().color(color)?))
}

/// Where the storefront finds a picture.
pub(crate) fn picture_path(drawing: &str, color: &str) -> String {
    format!("/pictures/{}", file_name(drawing, color))
}

pub(crate) fn file_name(drawing: &str, color: &str) -> String {
    format!("{drawing}-{}.svg", slug(color))
}

fn paint(drawing: &str, color: &Color) -> String {
    let base = color.rgb;
    let bright = brightness(base) > BRIGHT;
    let (shade, night, shine) = if bright {
        (0.12, 0.5, 0.6)
    } else {
        (0.22, 0.48, 0.34)
    };
    let back = if bright {
        MIST
    } else {
        mix(mix(base, HAZE, 0.35), WHITE, 0.8)
    };
    let halo = hex(mix(back, WHITE, 0.45));
    let inside = drawing
        .replace('\n', "")
        .replace("$floor", FLOOR)
        .replace("$base", &hex(base))
        .replace("$dark", &hex(mix(base, NIGHT, shade)))
        .replace("$deep", &hex(mix(base, NIGHT, night)))
        .replace("$light", &hex(mix(base, WHITE, shine)))
        .replace("$halo", &halo);
    let back = hex(back);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600"><rect width="600" height="600" fill="{back}"/><circle cx="300" cy="300" r="250" fill="{halo}"/>{inside}</svg>"#
    )
}

fn brightness([red, green, blue]: [u8; 3]) -> f64 {
    0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
}

/// `share` of the second colour in the first, 0 to 1.
fn mix(one: [u8; 3], other: [u8; 3], share: f64) -> [u8; 3] {
    let channel = |position: usize| {
        let (from, to) = (f64::from(one[position]), f64::from(other[position]));
        (from + (to - from) * share).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
