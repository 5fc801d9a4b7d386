//! Times for people: "2 hours ago", and exactly where someone asks.

use web_sys::js_sys::Date;
use web_sys::wasm_bindgen::JsValue;

/// Now, in milliseconds since 1970.
pub fn now() -> f64 {
    Date::now()
}

/// The milliseconds since 1970 of an RFC 3339 time.
pub fn moment(text: &str) -> Option<f64> {
    Some(Date::parse(text)).filter(|moment| moment.is_finite())
}

/// A moment by the reader's clock and calendar.
pub fn exact(moment: f64) -> String {
    let language = web_sys::window().and_then(|window| window.navigator().language());
    let date = Date::new(&JsValue::from_f64(moment));
    let language = language.unwrap_or_else(|| "en".to_owned());
    date.to_locale_string(&language, &JsValue::UNDEFINED).into()
}

/// How long ago something was, for a length of time in milliseconds. The future, which clocks that
/// differ bring about, counts as now.
pub fn ago(milliseconds: f64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    // A negative length becomes 0.
    let seconds = (milliseconds / 1000.0) as u64;
    let (count, unit) = match seconds {
        0..45 => return "just now".to_owned(),
        45..HOUR => ((seconds / MINUTE).max(1), "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..172_800 => return "yesterday".to_owned(),
        172_800..1_209_600 => (seconds / DAY, "day"),
        1_209_600..5_184_000 => (seconds / (7 * DAY), "week"),
        5_184_000..63_072_000 => (seconds / (30 * DAY), "month"),
        _ => (seconds / (365 * DAY), "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn lengths_of_time_as_people_say_them() {
        let table = [
            (-5_000.0, "just now"),
            (44_000.0, "just now"),
            (45_000.0, "1 minute ago"),
            (3_599_000.0, "59 minutes ago"),
            (3_600_000.0, "1 hour ago"),
            (86_399_000.0, "23 hours ago"),
            (86_400_000.0, "yesterday"),
            (172_800_000.0, "2 days ago"),
            (1_209_600_000.0, "2 weeks ago"),
            (5_184_000_000.0, "2 months ago"),
            (63_072_000_000.0, "2 years ago"),
        ];
        for (length, words) in table {
            assert_eq!(ago(length), words);
        }
    }
}
