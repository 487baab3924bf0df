//! Promises: shops have segments without writing any; a condition can be about a profile, a visit, or what is liked; a
//! wrong one is reported with its line, and the others hold.

use super::{Told, after, entry, view};
use crate::catalog::schema::Schema;
use crate::journal::EventKind;
use crate::shoppers::segments::{Facts, Segments};
use crate::shoppers::{AffinitySettings, Visit};

fn schema() -> Schema {
    let text = r#"
        id = "id"
        [[attribute]]
        name = "title"
        type = "text"
        role = "title"
        [[attribute]]
        name = "brand"
        type = "keyword"
        affinity = true
    "#;
    Schema::parse("schema.toml", text).unwrap()
}

fn of<'s>(segments: &'s Segments, told: &Told, visit: &Visit) -> Vec<&'s str> {
    segments.of(&Facts {
        profile: &told.profile,
        words: &told.words,
        settings: &AffinitySettings::default(),
        visit,
        prior_share: &|_, _| 0.05,
        now: after(600),
    })
}

#[test]
fn every_shop_has_the_usual_segments() {
    let segments = Segments::defaults(&schema());
    let visit = Visit::default();
    assert_eq!(of(&segments, &Told::new(), &visit), ["new"]);
    let bought = |days_ago: i64, price: f64| {
        let mut bought = entry("anna", EventKind::Purchase, after(-days_ago * 86_400), &[]);
        bought.event.price = Some(price);
        bought
    };
    let regular: Vec<_> = (0..6).map(|week| bought(week * 7, 99.0)).collect();
    assert_eq!(
        of(&segments, &Told::of(&regular), &visit),
        ["returning", "vip"]
    );
    assert_eq!(
        of(&segments, &Told::of(&[bought(90, 10.0)]), &visit),
        ["lapsing"]
    );
    let reduced = [("~reduced", "yes")];
    let bargains: Vec<_> = (0..5)
        .map(|at| entry("anna", EventKind::View, after(at), &reduced))
        .collect();
    assert_eq!(
        of(&segments, &Told::of(&bargains), &visit),
        ["new", "discount"]
    );
}

#[test]
fn conditions_are_about_profiles_visits_and_what_is_liked() {
    let text = r#"
        [[segment]]
        name = "new"
        when = "events < 3"
        [[segment]]
        name = "fans"
        when = "likes_brand:Zephyr AND NOT dismiss > 0"
        [[segment]]
        name = "from the spring letter"
        when = "campaign:spring AND (country:DE OR device:phone)"
    "#;
    let (segments, problems) = Segments::parse(text, &schema()).unwrap();
    assert_eq!(problems, []);
    let views: Vec<_> = (0..3).map(|at| view("anna", "Zephyr", after(at))).collect();
    let visit = Visit {
        campaign: Some("Spring".to_owned()),
        device: Some("phone".to_owned()),
        ..Visit::default()
    };
    assert_eq!(
        of(&segments, &Told::of(&views), &visit),
        ["fans", "from the spring letter"]
    );
    assert_eq!(of(&segments, &Told::new(), &Visit::default()), ["new"]);
}

#[test]
fn a_wrong_condition_is_reported_and_the_others_hold() {
    let text = "[[segment]]\nname = \"a\"\nwhen = \"visits > 3\"\n[[segment]]\nname = \"b\"\nwhen = \"view > 3\"\n";
    let (segments, problems) = Segments::parse(text, &schema()).unwrap();
    assert_eq!(problems.len(), 1);
    let problem = problems[0].to_string();
    assert!(problem.contains("segments.toml:1"), "{problem}");
    assert!(problem.contains("unknown attribute `visits`"), "{problem}");
    assert!(segments.names().any(|name| name == "b"));
    assert!(Segments::parse("[[segment]]\nnam = \"a\"", &schema()).is_err());
}

#[test]
fn a_segment_says_what_its_shoppers_lean_to() {
    let text = r#"
[[segment]]
name = "spring"
when = 'campaign:spring'
leans_to = ["brand:Acorn", "title:Mug", "Birch"]
"#;
    let (segments, problems) = Segments::parse(text, &schema()).unwrap();
    let leanings: Vec<_> = segments.leanings_of("spring").collect();
    assert_eq!(leanings, [&("brand".to_owned(), "Acorn".to_owned())]);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("`title:Mug`") && told[0].contains("brand:…"),
        "{told:?}"
    );
}
