//! What the pass over the products found, in words: what it costs, and what to do about it.

use super::Seen;
use crate::audit::{Finding, Found, Weight};
use crate::catalog::schema::Role;
use crate::engine::Catalog;

impl Seen {
    /// What is wrong, each with what it costs.
    pub(in crate::audit) fn findings(self, catalog: &Catalog) -> Vec<Finding> {
        let products = u64::from(catalog.columns.products_there());
        let all = [
            (
                Weight::Error,
                "price",
                Some(Role::Price),
                "no price, or a price of 0",
                self.no_price,
                self.priced,
                "cannot be sold, and stands first when sorted by price",
                "export the price of every product",
            ),
            (
                Weight::Warning,
                "price_outlier",
                Some(Role::Price),
                "more than 100 times, or less than a hundredth of, the median price",
                self.outliers,
                self.priced,
                "cents for euros, or the like: price filters and sorting mislead",
                "check the unit of these prices",
            ),
            (
                Weight::Warning,
                "false_reduction",
                Some(Role::ListPrice),
                "the price before the reduction is below the price",
                self.false_reductions,
                self.reductions,
                "shown as a reduction that is none",
                "leave the list price out where there is no reduction",
            ),
            (
                Weight::Error,
                "broken_picture",
                Some(Role::Image),
                "an address of a picture that is none",
                self.broken_pictures,
                self.pictures,
                "a card without a picture",
                "write whole addresses that begin with https://",
            ),
            (
                Weight::Warning,
                "placeholder",
                Some(Role::Image),
                "the picture is a placeholder",
                self.placeholders,
                self.pictures,
                "a card that nobody clicks, ranked like any other",
                "leave the picture out until there is one",
            ),
            (
                Weight::Error,
                "broken_link",
                Some(Role::Url),
                "an address that is none",
                self.broken_links,
                self.links,
                "a card that leads nowhere",
                "write whole addresses that begin with https://",
            ),
            (
                Weight::Warning,
                "gtin",
                None,
                "the check digit is wrong",
                self.check_digits,
                self.codes,
                "a scan or a search for the real number finds nothing",
                "check the numbers, the last digit follows from the others",
            ),
            (
                Weight::Warning,
                "gtin_zeros",
                None,
                "leading zeros are missing",
                self.lost_zeros,
                self.codes,
                "a scan or a search for the real number finds nothing",
                "export the column as text, not as a number",
            ),
            (
                Weight::Note,
                "gtin_length",
                None,
                "no trade item number of 8, 12, 13 or 14 digits",
                self.no_codes,
                self.codes,
                "marketplaces refuse them",
                "leave the column empty where there is no number",
            ),
            (
                Weight::Warning,
                "same_product",
                Some(Role::Title),
                "the same title, brand and price as an earlier product",
                self.same_product,
                products,
                "the same card several times on a page",
                "join them as variants of one product",
            ),
            (
                Weight::Note,
                "same_title",
                Some(Role::Title),
                "the same title as an earlier product",
                self.same_title,
                products,
                "shoppers cannot tell them apart",
                "say in the title what differs, or join variants by a group column",
            ),
            (
                Weight::Note,
                "thin",
                Some(Role::Description),
                "a description of fewer than 5 words",
                self.thin,
                self.described,
                "found by few of the words that shoppers use",
                "write what it is, for whom and of what",
            ),
            (
                Weight::Note,
                "language",
                Some(Role::Description),
                "a description in another language than the shop's",
                self.foreign,
                self.described,
                "not found by the shop's words, stemmed by the wrong rules",
                "export one feed for each language",
            ),
            (
                Weight::Note,
                "shallow",
                Some(Role::Category),
                "a category two or more levels higher than is usual",
                self.shallow,
                self.categorized,
                "missing from the lower categories that shoppers open",
                "give these products their full path",
            ),
            (
                Weight::Warning,
                "alike_variants",
                None,
                "variants that no colour, size or other option tells apart",
                self.alike_variants,
                self.several_variants,
                "shoppers choose between options that look the same",
                "export the options that differ",
            ),
        ];
        let finding = |(weight, kind, role, what, found, of, effect, fix): (
            _,
            _,
            Option<Role>,
            &str,
            Found,
            u64,
            _,
            _,
        )| {
            let position = role.and_then(|role| catalog.schema.role(role));
            (found.count > 0).then(|| Finding {
                weight,
                kind,
                attribute: position
                    .map(|position| catalog.schema.attributes[position].name.clone()),
                what: what.into(),
                count: found.count,
                of,
                examples: found.examples,
                effect,
                fix,
            })
        };
        all.into_iter().filter_map(finding).collect()
    }
}
