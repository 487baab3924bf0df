//! The lists a shop may show, and which models fill each.

use super::models::Model;

/// A list that a storefront asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Instead of a product.
    Similar,
    /// Together with a product.
    Complements,
    /// Dearer and of the same kind.
    TradeUp,
    RecentlyViewed,
    /// What completes a cart.
    Cart,
    /// After something was bought.
    AfterPurchase,
    ForYou,
    Trending,
    New,
    /// Reduced, what the shopper looked at first.
    PriceDrop,
}

/// Every list.
pub const LISTS: [List; 10] = [
    List::Similar,
    List::Complements,
    List::TradeUp,
    List::RecentlyViewed,
    List::Cart,
    List::AfterPurchase,
    List::ForYou,
    List::Trending,
    List::New,
    List::PriceDrop,
];

impl List {
    /// The list of a name.
    pub fn named(name: &str) -> Option<List> {
        LISTS.into_iter().find(|list| list.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            List::Similar => "similar",
            List::Complements => "complements",
            List::TradeUp => "trade_up",
            List::RecentlyViewed => "recently_viewed",
            List::Cart => "cart",
            List::AfterPurchase => "after_purchase",
            List::ForYou => "for_you",
            List::Trending => "trending",
            List::New => "new",
            List::PriceDrop => "price_drop",
        }
    }

    /// Where the list appears when nothing else is said.
    pub fn surface(self) -> &'static str {
        match self {
            List::Similar | List::Complements | List::TradeUp | List::RecentlyViewed => "product",
            List::Cart => "cart",
            List::AfterPurchase => "after-purchase",
            List::ForYou | List::Trending | List::New | List::PriceDrop => "home",
        }
    }

    /// The list cannot be made of nothing: it starts from products.
    pub fn needs_products(self) -> bool {
        matches!(self, List::Similar | List::Complements | List::TradeUp)
    }

    /// What is on the list is a fact, so that it is filled with nothing else.
    pub fn is_factual(self) -> bool {
        matches!(
            self,
            List::TradeUp | List::RecentlyViewed | List::New | List::PriceDrop
        )
    }

    /// The list has an order of its own, which nothing moves.
    pub fn is_ordered(self) -> bool {
        matches!(self, List::RecentlyViewed | List::New)
    }

    /// The list shows some of everything: few products of one category.
    pub fn is_varied(self) -> bool {
        matches!(
            self,
            List::ForYou | List::Trending | List::New | List::PriceDrop
        )
    }

    /// What the shopper bought already is not shown again.
    pub fn leaves_out_bought(self) -> bool {
        matches!(
            self,
            List::Cart | List::AfterPurchase | List::ForYou | List::PriceDrop
        )
    }

    /// The models that fill it, in order.
    pub(super) fn models(self) -> &'static [Model] {
        match self {
            List::Similar => &[
                Model::LookedAtInstead,
                Model::Alike,
                Model::NextInSession,
                Model::PopularThere,
                Model::Popular,
            ],
            List::Complements | List::Cart => &[
                Model::BoughtTogether,
                Model::NextElsewhere,
                Model::PopularBeside,
                Model::Trending,
                Model::Popular,
            ],
            List::TradeUp => &[Model::Better],
            List::RecentlyViewed => &[Model::Viewed],
            List::AfterPurchase => &[
                Model::BoughtTogether,
                Model::NextElsewhere,
                Model::PopularBeside,
                Model::Leaning,
                Model::Trending,
                Model::Popular,
            ],
            List::ForYou => &[
                Model::NextInSession,
                Model::Leaning,
                Model::Trending,
                Model::Popular,
            ],
            List::Trending => &[Model::Trending, Model::Popular],
            List::New => &[Model::New],
            List::PriceDrop => &[Model::ReducedViewed, Model::Reduced],
        }
    }
}
