//! The fault suite: programs that change a workspace are killed, given errors, raced and cut off
//! from power, and afterwards everything that was promised is compared with the disk.
#![forbid(unsafe_code)]

pub mod crowd;
pub mod environment;
pub mod item;
pub mod listing;
pub mod load;
pub mod openapi;
pub mod place;
pub mod power;
pub mod program;
pub mod random;
pub mod reaper;
pub mod rival;
pub mod scenario;
pub mod secrets;
pub mod server;
pub mod suite;
pub mod sweep;
pub mod trace;
pub mod tree;

pub use item::Item;
pub use program::{Kind, Program};
pub use sweep::Cut;
