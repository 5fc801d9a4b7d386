//! Stream of the server's events.

use gloo_timers::callback::Timeout;
use podslate_shared::api::{Change, Pipeline};
use web_sys::wasm_bindgen::JsCast;
use web_sys::wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent};

use crate::client::parse;
use crate::time;

const ADDRESS: &str = "api/events";
/// Age at which the server ends every stream at the earliest, in milliseconds.
const LIFETIME: f64 = 80_000.0;
/// Age at which the server has ended every stream, in milliseconds.
const MAX_LIFETIME: f64 = 150_000.0;
/// Time to wait for the next connection after one that the server ended, and after another, in
/// milliseconds.
const RECONNECTION: u32 = 8_000;
const INTERRUPTION: u32 = 300;
/// Time until a hidden page closes its stream, in milliseconds.
const HIDDEN_LIFETIME: u32 = 30_000;
/// Time from a refused stream to the next attempt, doubled every time, and its maximum, in
/// milliseconds.
const MIN_PAUSE: f64 = 3_000.0;
const MAX_PAUSE: f64 = 60_000.0;
const TYPES: [&str; 5] = ["open", "error", "reset", "change", "pipeline"];

/// Something that the stream reports.
pub enum StreamEvent {
    /// The server sends events now.
    Connected,
    /// The connection was cut; the browser connects again by itself.
    Interrupted,
    /// The server refused the stream.
    Refused,
    /// The list may be another one.
    Reset,
    Changed(Change),
    Pipeline(Pipeline),
}

/// The stream, and the times when it has to be opened again.
#[derive(Default)]
pub struct Events {
    stream: Option<Stream>,
    /// Time before which no stream is opened.
    retry: f64,
    /// Milliseconds to wait after the last refusal.
    pause: f64,
}

/// An open stream, closed when it is dropped.
struct Stream {
    source: EventSource,
    /// Time of the last connection; `None` while there is none.
    connected: Option<f64>,
    /// Closes the stream of a page that stays hidden.
    _hidden: Option<Timeout>,
}

impl Events {
    /// Opens the stream, whose events are passed to a handler, unless it is open or was just refused.
    pub fn open(&mut self, handler: impl Fn(StreamEvent) + 'static) {
        if self.stream.is_none() && time::now() >= self.retry {
            self.stream = Stream::open(handler);
        }
    }

    /// Closes the stream.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// Has `close` called if the page stays hidden.
    pub fn hide(&mut self, close: impl FnOnce() + 'static) {
        if let Some(stream) = &mut self.stream {
            stream._hidden = Some(Timeout::new(HIDDEN_LIFETIME, close));
        }
    }

    /// Whether the server sends events.
    pub fn is_connected(&self) -> bool {
        self.age().is_some()
    }

    /// Whether the connection is lost, because the server would have ended the stream.
    pub fn is_lost(&self) -> bool {
        self.age().is_some_and(|age| age > MAX_LIFETIME)
    }

    /// Notes that the server sends events.
    pub fn connected(&mut self) {
        (self.retry, self.pause) = (0.0, 0.0);
        if let Some(stream) = &mut self.stream {
            stream.connected = Some(time::now());
        }
    }

    /// Notes that the connection was cut; returns the milliseconds to wait for the next one, or
    /// `None` if there was none.
    pub fn interrupted(&mut self) -> Option<u32> {
        let age = self.age()?;
        if let Some(stream) = &mut self.stream {
            stream.connected = None;
        }
        Some(if age > LIFETIME {
            RECONNECTION
        } else {
            INTERRUPTION
        })
    }

    /// Notes that the server refused the stream.
    pub fn refused(&mut self) {
        self.stream = None;
        self.pause = (self.pause * 2.0).clamp(MIN_PAUSE, MAX_PAUSE);
        self.retry = time::now() + self.pause;
    }

    /// Milliseconds since the connection was made; `None` while there is none.
    fn age(&self) -> Option<f64> {
        Some(time::now() - self.stream.as_ref()?.connected?)
    }
}

impl Stream {
    fn open(handler: impl Fn(StreamEvent) + 'static) -> Option<Self> {
        let source = EventSource::new(ADDRESS).ok()?;
        let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            if let Some(event) = read(&event) {
                handler(event);
            }
        });
        // Freed with the stream, by the browser.
        let listener = closure.into_js_value();
        for kind in TYPES {
            // Cannot fail: the listener is a function.
            let _ = source.add_event_listener_with_callback(kind, listener.unchecked_ref());
        }
        Some(Self {
            source,
            connected: None,
            _hidden: None,
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn read(event: &Event) -> Option<StreamEvent> {
    let source: EventSource = event.target()?.dyn_into().ok()?;
    let is_closed = source.ready_state() == EventSource::CLOSED;
    let data = event.dyn_ref::<MessageEvent>();
    let data = data
        .and_then(|event| event.data().as_string())
        .unwrap_or_default();
    Some(match event.type_().as_str() {
        "open" => StreamEvent::Connected,
        "error" if is_closed => StreamEvent::Refused,
        "error" => StreamEvent::Interrupted,
        // An event may have been on its way when the stream was closed.
        _ if is_closed => return None,
        "change" => parse(&data).map_or(StreamEvent::Reset, StreamEvent::Changed),
        "pipeline" => StreamEvent::Pipeline(parse(&data).ok()?),
        _ => StreamEvent::Reset,
    })
}
