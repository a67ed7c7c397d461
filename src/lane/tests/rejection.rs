//! What has no meaning on a lane is refused with its place.

use super::lower;

/// The message for a function body, inserted at line 2, column 5.
fn message(body: &str) -> String {
    let text = format!("fn f(x: f32, n: u32) -> f32 {{\n    {body}\n}}\n");
    match lower(&text, "f") {
        Ok(_) => panic!("`{body}` was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn naga_errors_keep_their_place() {
    let text = message("return y;");
    assert!(text.starts_with("model.wgsl:2:12: "), "{text}");
    assert!(text.ends_with("  |     return y;\n  |            ^"), "{text}");
}

#[test]
fn unsupported_things_are_named() {
    let cases = [
        ("let m = mat2x2<f32>(x, x, x, x); return m[0].x;", "matrices"),
        ("for (var k = 0u; k < n; k++) { if (x < 0.0) { continue; } } return x;", "no constant upper bound"),
        ("return f32(firstTrailingBit(n));", "`firstTrailingBit` does not exist on a lane"),
    ];
    for (body, expected) in cases {
        let text = message(body);
        assert!(text.contains(expected), "{text}");
        assert!(text.starts_with("model.wgsl:2:"), "{text}");
    }
}

#[test]
fn globals_barriers_and_atomics_are_named() {
    let head = "@group(0) @binding(0) var<storage, read_write> data: array<atomic<u32>>;
        var<workgroup> shared_sum: f32;\n";
    let cases = [
        ("fn f(x: f32) -> f32 { return shared_sum; }", "`shared_sum` is a global variable"),
        ("fn f(x: f32) -> f32 { workgroupBarrier(); return x; }", "barriers do not exist"),
        ("fn f(x: f32) -> f32 { return f32(atomicAdd(&data[0], 1u)); }", "`data` is a global variable"),
    ];
    for (body, expected) in cases {
        let error = lower(&format!("{head}{body}"), "f").err().map(|error| error.to_string());
        let text = error.expect("must be refused");
        assert!(text.contains(expected), "{text}");
        assert!(text.starts_with("model.wgsl:3:"), "{text}");
    }
}

#[test]
fn pointers_to_members_are_refused() {
    let text = "struct S { a: f32, b: f32 }
fn g(p: ptr<function, f32>) { *p = 1.0; }
fn f(x: f32) -> f32 {
    var s: S;
    g(&s.a);
    return s.a;
}";
    let error = lower(text, "f").err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.starts_with("model.wgsl:5:") && error.contains("whole variable"), "{error}");
}

#[test]
fn wrong_arguments_are_refused() {
    use crate::lane::{Graph, NoCalls, Source, inline};
    let source = Source::parse("model.wgsl", "fn f(x: f32) -> f32 { return x; }").expect("valid");
    let mut graph = Graph::new();
    let missing = inline(&mut graph, &source, "g", &[], &mut NoCalls).err();
    assert!(missing.is_some_and(|error| error.message.contains("no function `g`")));
    let count = inline(&mut graph, &source, "f", &[], &mut NoCalls).err();
    assert!(count.is_some_and(|error| error.message.contains("takes 1 arguments, got 0")));
    let wrong = crate::lane::Value::Scalar(graph.u32(1));
    let shape = inline(&mut graph, &source, "f", &[wrong], &mut NoCalls).err();
    assert!(shape.is_some_and(|error| error.message.contains("`x` of `f` has another type")));
}
