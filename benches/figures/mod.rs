//! What several measurements come to.

/// The median; of two in the middle their mean. There is at least one figure.
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    let (upper, lower) = (figures.len() / 2, (figures.len() - 1) / 2);
    f64::midpoint(figures[lower], figures[upper])
}
