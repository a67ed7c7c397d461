//! The `synfire` command: exit codes, error lines, what it writes.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the command in a folder.
fn synfire(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synfire"));
    command.args(arguments).current_dir(folder).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The arguments fail with exit code 2 and one line that contains `part`.
fn assert_refused(folder: &Path, arguments: &[&str], part: &str) {
    let output = synfire(folder, arguments);
    let errors = text(&output.stderr);
    let lines: Vec<&str> = errors.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    assert!(lines.len() == 1 && lines[0].contains(part), "{arguments:?}: {errors}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
}

const EXPERIMENT: &str = r#"
duration = "100 ms"
seed = 7
[population.exc]
model = "iaf_psc_exp"
size = 20
params = { I_e = 500.0 }
[record.exc]
from = "exc"
what = "spikes"
[record.trace]
from = "exc[..2]"
what = ["V_m"]
every = "1 ms"
"#;

#[test]
fn errors_are_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("good.toml"), EXPERIMENT).expect("it is writable");
    std::fs::write(folder.join("bad.toml"), EXPERIMENT.replace("I_e", "I_ee")).expect("it is writable");
    std::fs::write(folder.join("file"), "").expect("it is writable");
    assert_refused(folder, &["run", "missing.toml"], "cannot read missing.toml");
    assert_refused(folder, &["run", "bad.toml"], "bad.toml: population.exc: no parameter `I_ee`");
    assert_refused(folder, &["run", "good.toml", "--out", "file"], "cannot write to file");
    assert_refused(
        folder,
        &["run", "good.toml", "--duration", "1 mV"],
        "`duration` is a time [ms], got 1 mV",
    );
    assert_refused(folder, &["run", "good.toml", "--threads", "0"], "--threads");
    assert_refused(folder, &["run", "good.toml", "--device", "tpu"], "tpu");
    assert_refused(
        folder,
        &["run", "good.toml", "--device", "gpu", "--threads", "2"],
        "--threads is for the CPU",
    );
    assert_refused(folder, &["run"], "FILE");
    assert_refused(folder, &["rum"], "rum");
    assert_refused(folder, &["bench", "nothing"], "no network `nothing`");
    assert_refused(folder, &["bench", "--scale", "nan"], "--scale must be > 0");
    assert_refused(
        folder,
        &["bench", "coba", "--indegree", "9"],
        "--indegree is for networks of a fixed in-degree",
    );
    assert_refused(folder, &["bench", "--warmup", "1 mV"], "--warmup is a time [ms], got 1 mV");
    assert_refused(folder, &["models", "iaf_psc_expp"], "did you mean `iaf_psc_exp`?");
    assert_refused(folder, &["plot", "."], "cannot read ./summary.json");
}

#[test]
fn models_and_devices_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = text(&synfire(folder.path(), &["models"]).stdout);
    assert!(
        list.lines().any(|line| line.starts_with("  neuron") && line.contains("iaf_psc_alpha")),
        "{list}"
    );
    let one = text(&synfire(folder.path(), &["models", "iaf_psc_exp"]).stdout);
    assert!(one.contains("tau_m") && one.contains("[ms]") && one.contains("= 10, > 0"), "{one}");
    assert!(text(&synfire(folder.path(), &["devices"]).stdout).contains("cpu  CPU"));
    assert_eq!(synfire(folder.path(), &["--help"]).status.code(), Some(0));
}

#[test]
fn a_run_writes_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("good.toml"), EXPERIMENT).expect("it is writable");
    let arguments =
        ["run", "good.toml", "--device", "cpu", "--out", "out", "--seed", "9", "--duration", "50 ms"];
    let output = synfire(folder, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("real-time factor"), "{}", text(&output.stdout));
    let summary = std::fs::read_to_string(folder.join("out/summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("it is JSON");
    assert_eq!((&summary["seed"], &summary["duration_ms"]), (&9.into(), &50.0.into()));
    assert_eq!((&summary["device"], &summary["neurons"]), (&"cpu".into(), &20.into()));
    assert!(summary["spikes"]["exc"].is_u64() && summary["rates_hz"]["exc"].is_f64());
    let trace = folder.join("out/trace.npz");
    let times: Vec<f64> = synfire::record::npz::read(&trace, "times").expect("an array");
    let rows: Vec<f32> = synfire::record::npz::read(&trace, "V_m").expect("an array");
    assert_eq!((times.len(), rows.len()), (50, 100));
    let drawn = synfire(folder, &["plot", "out"]);
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    let picture = std::fs::read(folder.join("out/raster.png")).expect("a picture");
    assert_eq!(&picture[..4], b"\x89PNG");
}

#[test]
fn a_benchmark_is_one_line_of_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = synfire(folder.path(), &["bench", "balanced", "--device", "cpu", "--scale", "0.1"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!((&line["n_neurons"], &line["peer"]), (&400.into(), &"synfire".into()));
    for field in ["n_synapses", "build_s", "run_s", "rtf", "mean_rate_hz", "threads", "adapter", "version"] {
        assert!(!line[field].is_null(), "{field}: {line}");
    }
}

#[test]
fn a_dry_run_tells_what_fits_and_builds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("good.toml"), EXPERIMENT).expect("it is writable");
    let output = synfire(folder, &["run", "good.toml", "--dry-run", "--device", "cpu", "--out", "out"]);
    let shown = text(&output.stdout);
    assert!(
        output.status.success() && shown.contains("state of elements") && shown.ends_with("it fits\n"),
        "{shown}"
    );
    assert!(!folder.join("out").exists());
    // 10^13 synapses, 40 TB
    let large = ["bench", "build", "--scale", "1e2", "--indegree", "1000000", "--device", "cpu"];
    assert_refused(folder, &large, "of memory, the device offers");
    let output = synfire(folder, &[large.as_slice(), &["--dry-run"]].concat());
    let (shown, errors) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    assert!(shown.contains("targets and delays") && shown.contains("TiB"), "{shown}");
    assert!(errors.contains("1.000e13 synapses needs"), "{errors}");
}

#[test]
fn construction_and_starts_are_measured_without_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, field) in [
        (["bench", "build-drawn", "--device", "cpu", "--scale", "0.01"].as_slice(), "construct_s"),
        (["bench", "start", "--device", "cpu"].as_slice(), "start_s"),
    ] {
        let output = synfire(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
        assert!(line[field].as_f64().is_some_and(|seconds| seconds > 0.0), "{line}");
    }
}

#[test]
fn without_arguments_the_balanced_network_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = synfire(folder.path(), &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("balanced: 4000 neurons") && shown.contains("of 4000 neurons"), "{shown}");
    for file in ["summary.json", "exc.npz", "inh.npz", "raster.png"] {
        assert!(folder.path().join("synfire-out").join(file).is_file(), "{file}");
    }
}
