//! Conductances that rise and decay: Roth & van Rossum (2009), doi:10.7551/mitpress/9780262013277.003.0007.

/// The jump of dg that lets g peak at 1: r^(1 / (r - 1)) / tau_rise with r = tau_decay / tau_rise. For `derive`.
fn beta_jump(tau_rise: f32, tau_decay: f32) -> f32 {
    let r = tau_decay / tau_rise;
    let x = (tau_decay - tau_rise) / tau_rise;
    let near = 1.0 - x * (0.5 - x * (0.33333333 - x * 0.25));
    let exponent = select(log(r) / select(x, 1.0, x == 0.0), near, abs(x) < 0.01);
    return exp(exponent) / tau_rise;
}
