//! The storefront: a page to shop from and to see what personalization does, written against the public search API.
//!
//! The server renders the shell; the script fills it from `/v1/search`, `/v1/recommend`, `/v1/suggest` and `/v1/events`. Nothing is
//! inline and nothing comes from elsewhere, so the page runs under [`CONTENT_SECURITY_POLICY`].

use maud::{DOCTYPE, Markup, html};

/// The style sheet, served at `/assets/storefront.css`: one sheet from parts that build on those before them.
pub const STYLE: &str = concat!(
    include_str!("style/base.css"),
    include_str!("style/frame.css"),
    include_str!("style/facets.css"),
    include_str!("style/cards.css"),
    include_str!("style/dialogs.css"),
    include_str!("style/lists.css"),
    include_str!("style/colours.css"),
);

/// The script, served at `/assets/storefront.js`: one module from parts that call those before them.
pub const SCRIPT: &str = concat!(
    include_str!("script/dom.js"),
    include_str!("script/address.js"),
    include_str!("script/shop.js"),
    include_str!("script/completion.js"),
    include_str!("script/facets.js"),
    include_str!("script/cards.js"),
    include_str!("script/lists.js"),
    include_str!("script/dialogs.js"),
    include_str!("script/main.js"),
);

/// The header the page is to be served with. Pictures may come from wherever the feed says; nothing else may.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: https: http:; frame-ancestors 'self'; base-uri 'none'";

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='6' fill='%2319362d'/%3E%3Cpath d='M6 24h20' stroke='%23ffd64a' stroke-width='3'/%3E%3Cpath d='M9 21V9h6v12zM17 21v-8h6v8z' fill='%23fff'/%3E%3C/svg%3E";

/// What the page needs to know about a shop before the first search.
#[derive(Debug, Clone, Default)]
pub struct ShopFace {
    /// The shop's name, shown at the top of the page.
    pub name: String,
    /// ISO 4217 code, such as `EUR`; empty shows prices as bare numbers.
    pub currency: String,
    /// BCP 47 tag of the products' language, such as `en`; also decides how numbers are written.
    pub language: String,
    /// Shoppers one can shop as, in the order shown; may be empty.
    pub faces: Vec<Face>,
    /// Orders to choose from, in the order shown; the one with the empty value is relevance.
    pub sorts: Vec<Sort>,
}

/// A shopper to shop as.
#[derive(Debug, Clone)]
pub struct Face {
    /// The shopper's token, as events name it.
    pub shopper: String,
    /// The name shown.
    pub name: String,
    /// One line about the shopper's taste.
    pub blurb: String,
}

/// An order to choose.
#[derive(Debug, Clone)]
pub struct Sort {
    /// What `/v1/search` takes as `sort`, such as `price:asc`; empty for relevance.
    pub value: String,
    /// The name shown.
    pub label: String,
}

/// The page at `/`.
pub fn page(face: &ShopFace) -> Markup {
    let language = if face.language.is_empty() {
        "en"
    } else {
        &face.language
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="description" content={ "Search and shop at " (face.name) };
                title { (face.name) }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="/assets/storefront.css";
                script type="module" src="/assets/storefront.js" {}
            }
            body data-shop=(face.name) data-currency=(face.currency) data-language=(language) {
                a.skip href="#heading" { "Skip to the results" }
                (header(face, language))
                noscript { p.banner { "This page needs JavaScript to search the shop." } }
                main #main {
                    aside #aside aria-label="Filters" { div #facets hidden {} }
                    (results(face, language))
                }
                (dialogs(language))
            }
        }
    }
}

fn header(face: &ShopFace, language: &str) -> Markup {
    html! {
        header {
            a.name href="?" { (face.name) }
            form #search role="search" action="/" {
                label.unseen for="q" { "Search the shop" }
                input #q name="q" type="search" placeholder="Search the shop" autocomplete="off" autocapitalize="off"
                    spellcheck="false" maxlength="200" enterkeyhint="search" role="combobox" aria-autocomplete="list"
                    aria-expanded="false" aria-controls="completions" lang=(language);
                button type="submit" { span.unseen { "Search" } (lens()) }
                ul #completions role="listbox" aria-label="Suggestions" hidden lang=(language) {}
            }
            div.doors {
                button.as type="button" popovertarget="faces" { span { "Shopping as" } " " strong #who { "a new visitor" } }
                button #cart-open type="button" { "Cart " strong #cart-count { "0" } }
            }
            (faces(face))
        }
    }
}

fn lens() -> Markup {
    html! {
        svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" {
            circle cx="8.5" cy="8.5" r="5.5" fill="none" stroke="currentColor" stroke-width="2" {}
            path d="M13 13l5 5" stroke="currentColor" stroke-width="2" stroke-linecap="round" {}
        }
    }
}

/// The picker: this browser's own visitor first, then the faces.
fn faces(face: &ShopFace) -> Markup {
    html! {
        div #faces popover {
            fieldset {
                legend { "Shop as" }
                (choice("", "A new visitor", "This browser. Known by a random number kept here, and by what it does."))
                @for Face { shopper, name, blurb } in &face.faces { (choice(shopper, name, blurb)) }
            }
            button #afresh.quiet type="button" { "Start afresh as another new visitor" }
        }
    }
}

fn choice(shopper: &str, name: &str, blurb: &str) -> Markup {
    html! {
        label.face {
            input type="radio" name="face" value=(shopper) data-name=(name) autocomplete="off";
            span { strong { (name) } " " small { (blurb) } }
        }
    }
}

fn results(face: &ShopFace, language: &str) -> Markup {
    html! {
        section #found aria-labelledby="heading" {
            h1 #heading tabindex="-1" { "Everything" }
            ul #understood hidden {}
            div #banners hidden {}
            div #rows hidden lang=(language) {}
            div.tools {
                p #count {}
                button #filters-open.button type="button" hidden { "Filters " span #filters-count {} }
                fieldset #order {
                    legend.unseen { "Order" }
                    label { input #personal type="radio" name="order" value="personal" checked autocomplete="off"; "Personalized" }
                    label { input #plain type="radio" name="order" value="plain" autocomplete="off"; "Plain" }
                }
                @if !face.sorts.is_empty() {
                    label.sort { span { "Sort" } " "
                        select #sort autocomplete="off" { @for Sort { value, label } in &face.sorts { option value=(value) { (label) } } }
                    }
                } @else { select #sort hidden { option value="" {} } }
            }
            ul #chips aria-label="Filters chosen" hidden {}
            p #summary {}
            div #error.banner role="alert" hidden {}
            p #status.unseen role="status" {}
            div #none hidden {}
            ul #results lang=(language) {}
            div #banners-below hidden {}
            nav #pages aria-label="Pages" hidden {}
        }
    }
}

fn dialogs(language: &str) -> Markup {
    html! {
        div #why popover role="dialog" aria-label="Why is this here?" {}
        dialog #filters aria-label="Filters" {
            div.bar { strong { "Filters" } (close_button()) }
            div #filters-body {}
            div.foot { button #filters-done.button type="button" data-close { "Show products" } }
        }
        dialog #look aria-labelledby="look-title" {
            (close_button())
            div #look-picture {}
            div.side lang=(language) {
                div #look-words {}
                div #look-price {}
                div #look-variants {}
                div #look-actions {}
                div #look-facts {}
            }
            div #look-lists hidden lang=(language) {}
        }
        dialog #cart aria-labelledby="cart-title" {
            (close_button())
            h2 #cart-title { "Your cart" }
            ul #cart-items hidden lang=(language) {}
            div #cart-foot hidden {}
            div #cart-lists hidden lang=(language) {}
        }
        div #note role="status" hidden {}
    }
}

fn close_button() -> Markup {
    html! { button.close type="button" data-close aria-label="Close" { "×" } }
}

#[cfg(test)]
mod tests;
