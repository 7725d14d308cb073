//! Figures and their aims, printed, and what the process itself holds.

use std::fs;

/// One figure and what it should be at most.
pub struct Figure {
    pub what: &'static str,
    pub value: f64,
    pub unit: &'static str,
    pub aim: Option<f64>,
}

pub fn tell(line: &str) {
    println!("{line}");
}

/// Prints them; those that miss their aim are returned.
pub fn told(figures: &[Figure]) -> Vec<&'static str> {
    for Figure { what, value, unit, aim } in figures {
        let aim = aim.map(|aim| format!("  (aim: at most {aim})")).unwrap_or_default();
        tell(&format!("{what:<62} {value:>9.2} {unit}{aim}"));
    }
    figures.iter().filter(|one| one.aim.is_some_and(|aim| one.value > aim)).map(|one| one.what).collect()
}

/// Megabytes of this process at its peak since the last `forget_peak`.
pub fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

pub fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The value below which this share of them lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a short list"
    )]
    let at = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len()) - 1;
    values[at]
}
