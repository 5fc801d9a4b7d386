//! The objects that `podslate new --dry-run` prints.
