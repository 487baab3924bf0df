//! The words a synthetic catalog is written in. Brands, series and rare words are made of syllables.

use std::collections::HashSet;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// Departments, each with its nouns and the words that make a product type of a noun: 12 × 10 × 5 types.
pub const DEPARTMENTS: [(&str, &str, &str); 12] = [
    (
        "Shoes",
        "Shoes Boots Sandals Sneakers Loafers Slippers Clogs Heels Trainers Moccasins",
        "Running Hiking Trail Walking Office Winter Canvas Platform",
    ),
    (
        "Clothing",
        "Jacket Shirt Dress Trousers Sweater Skirt Coat Hoodie Socks Vest",
        "Rain Denim Knitted Summer Fleece Pleated Slim Quilted",
    ),
    (
        "Kitchen",
        "Pan Knife Kettle Mug Bowl Grinder Toaster Scale Board Teapot",
        "Coffee Frying Bread Serving Electric Chef Baking Camping",
    ),
    (
        "Furniture",
        "Chair Table Shelf Sofa Desk Wardrobe Bench Stool Cabinet Bed",
        "Dining Garden Bedside Corner Folding Lounge Standing Storage",
    ),
    (
        "Lighting",
        "Lamp Bulb Lantern Spotlight Chandelier Torch Sconce Dimmer Pendant Strip",
        "Floor Ceiling Wall Reading Solar Bathroom Outdoor Smart",
    ),
    (
        "Electronics",
        "Headphones Speaker Charger Cable Keyboard Mouse Monitor Camera Tablet Router",
        "Wireless Gaming Portable Studio Travel Compact Mechanical Bluetooth",
    ),
    (
        "Sports",
        "Bike Helmet Racket Ball Mat Dumbbell Rope Tent Backpack Bottle",
        "Mountain Yoga Tennis Training Climbing Trekking Junior Racing",
    ),
    (
        "Toys",
        "Puzzle Doll Robot Blocks Train Castle Game Kite Teddy Drum",
        "Wooden Educational Musical Family Pirate Space Building Farm",
    ),
    (
        "Beauty",
        "Cream Shampoo Serum Lipstick Brush Soap Mask Perfume Lotion Oil",
        "Hair Face Body Hand Night Repair Hydrating Sensitive",
    ),
    (
        "Garden",
        "Hose Shovel Planter Mower Rake Gloves Sprinkler Fence Barrow Shears",
        "Hedge Lawn Raised Pruning Watering Hanging Battery Balcony",
    ),
    (
        "Tools",
        "Drill Hammer Saw Screwdriver Wrench Sander Level Pliers Clamp Toolbox",
        "Cordless Impact Hand Circular Precision Torque Angle Heavy",
    ),
    (
        "Pets",
        "Collar Leash Crate Feeder Carrier Scratcher Aquarium Treats Harness Basket",
        "Dog Cat Puppy Kitten Bird Reflective Automatic Padded",
    ),
];

pub const COLORS: &str = "black white grey blue navy red green beige brown pink silver gold yellow orange purple \
    turquoise olive burgundy cream charcoal mint coral teal lavender khaki ivory rose copper indigo mustard";
pub const MATERIALS: &str = "cotton steel leather plastic polyester wood wool aluminium glass nylon linen ceramic \
    bamboo silicone rubber oak velvet suede merino titanium copper cork hemp marble";
pub const ADJECTIVES: &str = "classic light waterproof premium soft modern compact durable slim adjustable organic \
    breathable vintage foldable luxury heavy ergonomic insulated mini lightweight stretch reversible rustic sporty \
    elegant basic padded deluxe minimalist recycled handmade professional seamless quiet bright natural";
pub const SIZES: &str = "S M L XL XXL XS 36 37 38 39 40 41 42 43 44 45 20cm 30cm 40cm 60cm 80cm 120cm 250ml 500ml \
    750ml 1l 2l 5l 10l 20w 40w 60w";
pub const FUNCTION_WORDS: &str =
    "the and with for a of in to is your this from it that on made you are our all";
pub const PROSE: &str = "comfort design quality perfect everyday use home easy clean style fit keeps warm dry strong \
    finish details long lasting material surface handle pocket lining sole strap weather season gift children adults \
    kitchen garden office travel sport outdoor indoor washable safe tested guarantee years set includes pieces water \
    heat air energy power fast simple storage space small large wide narrow thick thin inside outside front back side";

/// Words nobody has heard of, all different: for brands, series and what stands in descriptions once in a while.
pub fn invented(count: usize, syllables: usize, random: &mut StdRng) -> Vec<String> {
    const STARTS: &str = "b br c ch d dr f fl g gr h k kl l m n p pr qu r s st t tr v w z";
    const MIDDLES: &str = "a e i o u ai ea ou ia";
    const ENDS: &str = "n r l s x nd rt m k v lo ta";
    let [starts, middles, ends] = [STARTS, MIDDLES, ENDS].map(split);
    let pick = |list: &[&'static str], random: &mut StdRng| {
        *list.choose(random).expect("the lists above are not empty")
    };
    let mut seen = HashSet::new();
    let mut words = Vec::with_capacity(count);
    while words.len() < count {
        let mut word = String::new();
        for _ in 0..syllables {
            word.push_str(pick(&starts, random));
            word.push_str(pick(&middles, random));
        }
        word.push_str(pick(&ends, random));
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

pub fn split(words: &str) -> Vec<&str> {
    words.split_whitespace().collect()
}

/// The first letter made large.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
