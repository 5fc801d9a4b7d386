//! The part of the list that is in view: the page scrolls, and rows have one height.

use std::ops::Range;

use leptos::prelude::{document, window};

/// Identifier of the list's element.
pub const LIST: &str = "projects";
/// Number of rows above and below the view that are drawn, too.
const OVERSCAN: usize = 8;
/// Number of rows that the view moves by at least, so that not every pixel changes it.
const STEP: usize = 4;

/// Place of the list in the window, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Distance from the top of the window down to the first row.
    pub top: f64,
    /// Height of a row.
    pub row: f64,
    /// Height of the window.
    pub window: f64,
    /// Height of the part of the window that messages at its bottom leave free.
    pub free: f64,
}

impl Geometry {
    /// Measures the list; `None` if there are no rows to measure.
    pub fn measure() -> Option<Self> {
        let list = document().get_element_by_id(LIST)?;
        let row = list.first_element_child()?.get_bounding_client_rect();
        let window = window().inner_height().ok()?.as_f64()?;
        let geometry = Self {
            top: list.get_bounding_client_rect().top(),
            row: row.height(),
            window,
            free: messages_top().unwrap_or(window),
        };
        (geometry.row >= 1.0).then_some(geometry)
    }

    /// Rows to draw of a list with `count` rows; at least one.
    pub fn rows(self, count: usize) -> Range<usize> {
        let first = self.first_visible().saturating_sub(OVERSCAN);
        // Negative numbers become 0.
        let last = ((self.window - self.top) / self.row).ceil() as usize + OVERSCAN;
        let last = last.next_multiple_of(STEP).min(count.max(1));
        first.min(last - 1) / STEP * STEP..last
    }

    /// Number of rows above the window, as far as they are not in view at all.
    pub fn first_visible(self) -> usize {
        (-self.top / self.row) as usize
    }

    /// Distance to scroll until a row is in the middle of the window; 0 if it is in view already,
    /// with a row of space.
    pub fn distance_to(self, index: usize) -> f64 {
        let top = self.top + self.row * index as f64;
        if top >= self.row && top + 2.0 * self.row <= self.free {
            return 0.0;
        }
        top + (self.row - self.free) / 2.0
    }
}

/// Distance from the top of the window down to the messages, if there are any.
fn messages_top() -> Option<f64> {
    let messages = document().query_selector(".toasts").ok()??;
    let messages = messages.get_bounding_client_rect();
    (messages.height() >= 20.0).then(|| messages.top())
}

/// Scrolls the page down; up by negative pixels.
pub fn scroll_by(pixels: f64) {
    if pixels != 0.0 {
        window().scroll_by_with_x_and_y(0.0, pixels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(top: f64) -> Geometry {
        Geometry {
            top,
            row: 50.0,
            window: 500.0,
            free: 500.0,
        }
    }

    #[test]
    fn only_rows_around_the_view_are_drawn() {
        assert_eq!(at(300.0).rows(20_000), 0..12);
        assert_eq!(at(-50_000.0).rows(20_000), 992..1020);
        assert_eq!(at(-999_700.0).rows(20_000), 19_984..20_000);
        assert_eq!(at(300.0).rows(3), 0..3);
        assert_eq!(at(300.0).rows(0), 0..1);
    }

    #[test]
    fn a_list_outside_of_the_window_has_a_row_to_measure() {
        assert!(!at(5_000.0).rows(100).is_empty());
        assert!(!at(-50_000.0).rows(100).is_empty());
    }

    #[test]
    fn a_row_is_scrolled_to_only_if_it_is_not_in_view() {
        assert_eq!(at(0.0).distance_to(1), 0.0);
        assert_eq!(at(0.0).distance_to(8), 0.0);
        assert_eq!(at(0.0).distance_to(9), 225.0);
        assert_eq!(at(-1_000.0).distance_to(10), -725.0);
        let covered = Geometry {
            free: 400.0,
            ..at(0.0)
        };
        assert_eq!(covered.distance_to(6), 0.0);
        assert_eq!(covered.distance_to(8), 225.0);
    }
}
