//! The examples that are more than a few lines do what they say.

#[path = "../examples/f_i_curve.rs"]
#[allow(dead_code, reason = "the example's `main` is not called here")]
mod f_i_curve;

#[test]
fn the_f_i_curve_rises_and_noise_smooths_it() {
    let curve = f_i_curve::measure(&synfire::Device::cpu()).expect("it runs");
    let rate = |current: f64| curve.iter().find(|(at, _)| *at == current).expect("it was measured").1;
    assert_eq!(rate(0.0), 0.0);
    // without noise 375 pA are the threshold: 250 pF · 15 mV / 10 ms
    assert!((1.0..30.0).contains(&rate(360.0)), "{curve:?}");
    assert!(rate(600.0) > 60.0 && rate(600.0) > rate(400.0), "{curve:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("f_i_curve.png");
    f_i_curve::draw(&curve, &path).expect("a picture");
    assert_eq!(std::fs::read(path).expect("a file")[..4], *b"\x89PNG");
}
