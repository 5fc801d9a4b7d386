//! Times for people, relative ("2 hours ago") and exact.

use web_sys::js_sys::Date;
use web_sys::wasm_bindgen::JsValue;

/// Current time, in milliseconds since 1970.
pub fn now() -> f64 {
    Date::now()
}

/// Parses an RFC 3339 time into milliseconds since 1970.
pub fn parse(text: &str) -> Option<f64> {
    Some(Date::parse(text)).filter(|time| time.is_finite())
}

/// Time in the browser's language and time zone.
pub fn exact(time: f64) -> String {
    let date = Date::new(&JsValue::from_f64(time));
    date.to_locale_string(&language(), &JsValue::UNDEFINED)
        .into()
}

/// Time of the day in the browser's language and time zone, with the date if it is long ago.
pub fn short(time: f64) -> String {
    if now() - time > 12.0 * 3_600_000.0 {
        return exact(time);
    }
    let date = Date::new(&JsValue::from_f64(time));
    date.to_locale_time_string(&language()).into()
}

fn language() -> String {
    let language = web_sys::window().and_then(|window| window.navigator().language());
    language.unwrap_or_else(|| "en".to_owned())
}

/// Relative time for an age in milliseconds. A negative age, which clocks that differ cause, is
/// "just now".
pub fn ago(milliseconds: f64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    // A negative age becomes 0.
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
    fn ages_are_rounded_down_to_the_largest_unit() {
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
        for (age, text) in table {
            assert_eq!(ago(age), text);
        }
    }
}
