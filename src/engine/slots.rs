//! What the slots of a page show, so that no product is in two of them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

/// At most this many pages are remembered, the latest; each takes some 500 bytes.
const PAGES_MAX: usize = 20_000;

/// At most this many slots of a page are.
const SLOTS_MAX: usize = 40;

/// The pages whose slots were filled lately.
#[derive(Default)]
pub(super) struct Slots {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    by_id: FxHashMap<String, Vec<Slot>>,
    /// Oldest first.
    ids: VecDeque<String>,
}

struct Slot {
    name: String,
    /// Ids, which stay the same when the catalog is built anew.
    products: Vec<String>,
}

impl Slots {
    /// The products that other slots of the page show.
    pub(super) fn elsewhere(&self, page: &str, slot: &str) -> FxHashSet<String> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.elsewhere(page, slot)
    }

    /// Picks what a slot shows, told what other slots do, and remembers it. Two slots that are asked for at once pick
    /// one after the other.
    pub(super) fn fill(
        &self,
        page: &str,
        slot: &str,
        pick: impl FnOnce(&FxHashSet<String>) -> Vec<String>,
    ) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let products = pick(&pages.elsewhere(page, slot));
        let pages = &mut *pages;
        if !pages.by_id.contains_key(page) {
            pages.ids.push_back(page.to_owned());
        }
        let slots = pages.by_id.entry(page.to_owned()).or_default();
        if let Some(own) = slots.iter_mut().find(|own| own.name == slot) {
            own.products = products;
        } else if slots.len() < SLOTS_MAX {
            slots.push(Slot {
                name: slot.to_owned(),
                products,
            });
        }
        if pages.ids.len() > PAGES_MAX
            && let Some(oldest) = pages.ids.pop_front()
        {
            pages.by_id.remove(&oldest);
        }
    }

    /// Forgets everything: what was shown may tell of a shopper who is erased.
    pub(super) fn forget_all(&self) {
        *self.pages.lock().unwrap_or_else(PoisonError::into_inner) = Pages::default();
    }
}

impl Pages {
    fn elsewhere(&self, page: &str, slot: &str) -> FxHashSet<String> {
        let slots = self.by_id.get(page).into_iter().flatten();
        let others = slots.filter(|own| own.name != slot);
        others
            .flat_map(|own| own.products.iter().cloned())
            .collect()
    }
}
