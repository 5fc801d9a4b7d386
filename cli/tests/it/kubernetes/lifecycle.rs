//! Pods from their start to their end.
