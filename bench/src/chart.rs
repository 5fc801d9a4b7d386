//! A chart of the lines that have more than one contender, as SVG.

use std::fmt::Write;

use crate::line::{Line, Unit};
use crate::samples::Samples;

const WIDTH: f64 = 760.0;
/// Where the bars start and how long the longest is.
const BARS: (f64, f64) = (20.0, 600.0);
const BAR_HEIGHT: f64 = 14.0;
const TITLE_HEIGHT: f64 = 22.0;
const GAP: f64 = 12.0;
/// Length of the shortest bar: a tenth of a time is shorter by as much for each.
const SHORTEST: f64 = 8.0;

/// The contenders and their colors, which differ in brightness, too.
const CONTENDERS: [(&str, &str); 3] = [
    ("native", "#9aa5b1"),
    ("podslate", "#2f6f4f"),
    ("Python", "#d9a441"),
];

/// A bar: contender, time of one operation in milliseconds, and the value as text.
type Bar = (usize, f64, String);

/// The chart. Bars are times on a logarithmic scale, so shorter is better.
pub fn svg(lines: &[Line]) -> String {
    let groups: Vec<(&Line, Vec<Bar>)> = lines.iter().map(|line| (line, bars(line))).collect();
    let groups: Vec<_> = groups.iter().filter(|(_, bars)| bars.len() > 1).collect();
    let times = groups
        .iter()
        .flat_map(|(_, bars)| bars.iter().map(|bar| bar.1));
    let (least, most) = times.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), time| {
        (least.min(time), most.max(time))
    });
    let mut body = legend();
    let mut top = 50.0;
    for (line, bars) in groups {
        let title = escape(&line.title);
        let y = top + 14.0;
        body += &text(BARS.0, y, "title", &title);
        top += TITLE_HEIGHT;
        for (contender, time, value) in bars {
            let share = (time / least).ln() / (most / least).ln().max(f64::MIN_POSITIVE);
            let length = SHORTEST + share.clamp(0.0, 1.0) * (BARS.1 - SHORTEST);
            let color = CONTENDERS[*contender].1;
            let (x, height) = (BARS.0, BAR_HEIGHT - 2.0);
            let _ = writeln!(
                body,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{length:.1}\" height=\"{height}\" \
                 fill=\"{color}\"/>"
            );
            let end = BARS.0 + length + 6.0;
            body += &text(end, top + 10.0, "value", &escape(value));
            top += BAR_HEIGHT;
        }
        top += GAP;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" role=\"img\" \
         font-family=\"sans-serif\">\n<title>Time of an operation, shorter is better</title>\n\
         <style>.title{{font-size:13px;font-weight:600}}.value{{font-size:11px}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn legend() -> String {
    let title = "Time of an operation on a logarithmic scale: shorter is better";
    let mut legend = text(BARS.0, 18.0, "title", title);
    for (index, (name, color)) in CONTENDERS.iter().enumerate() {
        let x = BARS.0 + 110.0 * index as f64;
        let _ = writeln!(
            legend,
            "<rect x=\"{x}\" y=\"28\" width=\"12\" height=\"12\" fill=\"{color}\"/>"
        );
        legend += &text(x + 18.0, 38.0, "value", name);
    }
    legend
}

fn text(x: f64, y: f64, class: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>\n")
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// The bars of a line that has times or rates.
fn bars(line: &Line) -> Vec<Bar> {
    let time = |value: f64| match line.unit {
        Unit::Millis => Some(value),
        Unit::PerSecond => Some(1000.0 / value),
        Unit::Bytes | Unit::Megabytes | Unit::Count => None,
    };
    let bar = |(contender, samples): (usize, &Samples)| {
        let value = samples.median()?;
        Some((contender, time(value)?, line.unit.format(value)))
    };
    let samples = [&line.native, &line.podslate, &line.python];
    samples.into_iter().enumerate().filter_map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_contenders_have_bars_and_the_others_have_none() {
        let one = Samples(vec![1.0]);
        let alone = Line::new("alone", Unit::Millis).podslate(&one);
        let both = Line::new("a < b", Unit::PerSecond).podslate(&one);
        let both = both.python(&Samples(vec![100.0]));
        let chart = svg(&[alone, both]);
        assert!(
            chart.contains("a &lt; b") && !chart.contains("alone"),
            "{chart}"
        );
        // A longer time has a longer bar.
        assert!(chart.contains("width=\"600.0\""), "{chart}");
        assert!(chart.contains("width=\"8.0\""), "{chart}");
        assert!(svg(&[]).ends_with("</svg>\n"));
    }
}
