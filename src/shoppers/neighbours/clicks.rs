//! The latest clicks of a shop, chained twice: each to the one before it in its session, and to the one before it on
//! its product. The newest takes the place of the oldest, so that learning costs the same however much is remembered.

use crate::journal::Word;

/// Clicks are kept in pieces of so many, so that growing moves none.
const PIECE: usize = 1 << 16;

/// The product of a click that was forgotten.
const FORGOTTEN: Word = Word::MAX;

/// The number of a click, counted from 0.
pub(super) type ClickNumber = u64;

/// A product that somebody met in a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Click {
    product: Word,
    pub(super) session: u32,
    /// How many clicks ago the one before it was; 0 for none that was remembered then.
    back_in_session: u32,
    back_on_product: u32,
}

/// Where a click hangs on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    pub(super) in_session: Option<ClickNumber>,
    pub(super) on_product: Option<ClickNumber>,
}

/// The latest so many clicks.
#[derive(Debug)]
pub(super) struct Clicks {
    pieces: Vec<Vec<Click>>,
    /// How many were ever added.
    next: ClickNumber,
    most: usize,
}

impl Clicks {
    /// None yet, at most `most` of them.
    pub(super) fn new(most: usize) -> Clicks {
        Clicks {
            pieces: Vec::new(),
            next: 0,
            most: most.max(1),
        }
    }

    /// The number of the oldest that is remembered.
    pub(super) fn oldest(&self) -> ClickNumber {
        self.next.saturating_sub(self.most as u64)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        (self.next - self.oldest()) as usize
    }

    /// Adds a click; returns its number and the product of the one that gave way.
    pub(super) fn push(
        &mut self,
        product: Word,
        session: u32,
        before: Before,
    ) -> (ClickNumber, Option<Word>) {
        let number = self.next;
        let back = |to: Option<ClickNumber>| to.map_or(0, |to| (number - to) as u32);
        let click = Click {
            product,
            session,
            back_in_session: back(before.in_session),
            back_on_product: back(before.on_product),
        };
        let mut gone = None;
        if self.len() == self.most {
            let oldest = self.at(self.oldest());
            gone = (oldest.product != FORGOTTEN).then_some(oldest.product);
            *self.slot(number) = click;
        } else {
            if self.len().is_multiple_of(PIECE) {
                self.pieces.push(Vec::with_capacity(PIECE));
            }
            let last = self.pieces.last_mut().expect("a piece was added above");
            last.push(click);
        }
        self.next += 1;
        (number, gone)
    }

    fn at(&self, number: ClickNumber) -> Click {
        let slot = (number % self.most as u64) as usize;
        self.pieces[slot / PIECE][slot % PIECE]
    }

    fn slot(&mut self, number: ClickNumber) -> &mut Click {
        let slot = (number % self.most as u64) as usize;
        &mut self.pieces[slot / PIECE][slot % PIECE]
    }

    /// A click and those before it in its session, newest first, with their products; forgotten ones are left out.
    pub(super) fn of_session(
        &self,
        from: ClickNumber,
    ) -> impl Iterator<Item = (ClickNumber, Word)> + '_ {
        self.chain(from, |click| click.back_in_session)
            .filter(|(_, click)| click.product != FORGOTTEN)
            .map(|(number, click)| (number, click.product))
    }

    /// A click and those before it on its product, newest first, with their sessions; forgotten ones are left out.
    pub(super) fn on_product(
        &self,
        from: ClickNumber,
    ) -> impl Iterator<Item = (ClickNumber, u32)> + '_ {
        self.chain(from, |click| click.back_on_product)
            .filter(|(_, click)| click.product != FORGOTTEN)
            .map(|(number, click)| (number, click.session))
    }

    fn chain(
        &self,
        from: ClickNumber,
        back: impl Fn(&Click) -> u32,
    ) -> impl Iterator<Item = (ClickNumber, Click)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let number = next.filter(|number| *number >= self.oldest())?;
            let click = self.at(number);
            let far = u64::from(back(&click));
            next = number.checked_sub(far).filter(|_| far > 0);
            Some((number, click))
        })
    }

    /// Forgets what a session met from a click backwards; returns the products, each as often as it was met.
    pub(super) fn forget_session(&mut self, from: ClickNumber) -> Vec<Word> {
        let met: Vec<(ClickNumber, Word)> = self.of_session(from).collect();
        for (number, _) in &met {
            self.slot(*number).product = FORGOTTEN;
        }
        met.into_iter().map(|(_, product)| product).collect()
    }
}
