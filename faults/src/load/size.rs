//! Amount of load, and the time that responses may take.

use std::time::Duration;

/// Amount of everything, and the time that responses may take.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Projects that exist before.
    pub projects: usize,
    /// Users that send requests without a pause.
    pub users: usize,
    /// Duration of the load.
    pub time: Duration,
    /// Clients that send a byte now and then.
    pub slow: usize,
    /// Connections on which nothing is sent.
    pub idle: usize,
    /// Clients that read no response.
    pub deaf: usize,
    /// Limit for 99 of 100 creates.
    pub max_create: Duration,
    /// Limit for 99 of 100 lists.
    pub max_list: Duration,
    /// Limit for every health check.
    pub max_health: Duration,
}

impl Size {
    /// The promised size.
    pub const FULL: Self = Self {
        projects: 10_000,
        users: 64,
        time: Duration::from_secs(600),
        slow: 1_000,
        idle: 10_000,
        deaf: 200,
        max_create: Duration::from_millis(250),
        max_list: Duration::from_millis(500),
        max_health: Duration::from_secs(1),
    };
    /// A few seconds, also for a machine that is busy with other tests.
    pub const SAMPLE: Self = Self {
        projects: 1_000,
        users: 64,
        time: Duration::from_secs(3),
        slow: 1_000,
        idle: 2_000,
        deaf: 200,
        max_create: Duration::from_secs(5),
        max_list: Duration::from_secs(5),
        max_health: Duration::from_secs(5),
    };
}
