/// x = n ln 2 + r: the float whose low bits are n, exp(r) - 1, and their quotient (exp(r) - 1) / r.
/// Operation by operation what the CPU does.
fn exp_reduced(x: f32) -> vec3<f32> {
    // 1.5 * 2^23: adding it leaves the nearest integer in the low mantissa bits
    let t = rounded(rounded(x * 1.442695) + 12582912.0);
    let n = rounded(t - 12582912.0);
    let r = rounded(rounded(x - rounded(n * 0.693359375)) + rounded(n * 2.1219444e-4));
    var p = rounded(rounded(1.9875691e-4 * r) + 1.3981999e-3);
    p = rounded(rounded(p * r) + 8.333452e-3);
    p = rounded(rounded(p * r) + 4.1665796e-2);
    p = rounded(rounded(p * r) + 1.6666665e-1);
    p = rounded(rounded(p * r) + 0.5);
    let pr = rounded(p * r);
    return vec3<f32>(t, rounded(rounded(pr * r) + r), rounded(pr + 1.0));
}

/// e^x, the same bits as on the CPU.
fn exponential(x: f32) -> f32 {
    let e = exp_reduced(clamp(x, -88.0, 89.0));
    let y = bitcast<f32>(bitcast<u32>(rounded(e.y + 1.0)) + (bitcast<u32>(e.x) << 23u));
    let infinity = bitcast<f32>(bitcast<u32>(rounded(1.0)) | 0x7f800000u);
    return select(select(y, infinity, x > 88.72284), 0.0, x < -87.33654);
}

/// (e^x - 1) / x, 1 at 0; for |x| < 0.35 the same bits as on the CPU, beyond as the device divides.
fn exprel(x: f32) -> f32 {
    let e = exp_reduced(clamp(x, -30.0, 88.7));
    let half = bitcast<f32>(0x3f000000u + (bitcast<u32>(e.x) << 23u));
    let y = rounded(rounded(rounded(half * e.y) + rounded(half - 0.5)) * 2.0) / x;
    let infinity = bitcast<f32>(bitcast<u32>(rounded(1.0)) | 0x7f800000u);
    return select(select(y, infinity, x > 88.7), e.z, e.x == 12582912.0);
}
