//! Clusters that cannot be used, and pods that do not start.
