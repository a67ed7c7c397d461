//! Experiment files: every file of this repository loads, and mistakes are told in one sentence.

use std::path::{Path, PathBuf};
use synfire::experiment::Experiment;
use synfire::model::Value;

/// Every experiment file of the repository.
pub fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["assets", "tests/reference"].map(|folder| root.join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder").flatten());
    let paths = entries.map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    files.sort();
    files
}

/// A sound experiment that the cases below damage.
const SOUND: &str = r#"
dt = "0.1 ms"
duration = "50 ms"

[population.exc]
model = "iaf_psc_exp"
size = 10
params = { tau_m = "20 ms" }

[population.pulse]
model = "spike_generator"
params = { spike_times = [1.0, 2.0] }

[[projection]]
from = "pulse"
to = "exc[0..5]"
weight = "20 pA"
delay = "1 ms"

[record.spikes]
from = "exc"
what = "spikes"

[record.trace]
from = "exc[..3]"
what = ["V_m"]
every = "1 ms"
"#;

/// The error of an experiment, or that there was none.
fn message(text: &str) -> String {
    match Experiment::from_toml(text, Path::new(".")) {
        Ok(_) => "it was accepted".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_file_of_the_repository_loads() {
    for path in files() {
        let experiment = Experiment::load(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(!experiment.network.populations().is_empty() && experiment.duration_ms > 0.0);
        assert_eq!(experiment.name, path.file_stem().expect("a stem").to_string_lossy());
    }
}

#[test]
fn json_says_the_same_as_toml() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let models = std::fs::read_dir(&assets).expect("a folder").flatten().map(|entry| entry.path());
    let models: Vec<PathBuf> =
        models.filter(|path| path.extension().is_some_and(|ext| ext == "wgsl")).collect();
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("a file");
        let value: toml::Value = toml::from_str(&text).expect("it is TOML");
        let folder = tempfile::tempdir().expect("a folder");
        // a model of the experiment's own stands beside it
        for model in &models {
            let name = model.file_name().expect("a file has a name");
            std::fs::copy(model, folder.path().join(name)).expect("it is readable");
        }
        let json = folder.path().join("same.json");
        std::fs::write(&json, serde_json::to_string(&value).expect("plain data")).expect("it is writable");
        let (ours, theirs) = (Experiment::load(&path), Experiment::load(&json));
        let (ours, theirs) = (ours.expect("it loads"), theirs.unwrap_or_else(|error| panic!("{error}")));
        assert_eq!(format!("{:?}", ours.network), format!("{:?}", theirs.network), "{}", path.display());
    }
}

#[test]
fn mistakes_are_told_in_one_sentence() {
    Experiment::from_toml(SOUND, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    let cases = [
        ("\"iaf_psc_exp\"", "\"iaf_psc_expp\"", "population.exc: no model `iaf_psc_expp`"),
        ("\"iaf_psc_exp\"", "\"iaf_psc_expp\"", "did you mean `iaf_psc_exp`?"),
        ("tau_m =", "taum =", "no parameter `taum` in `iaf_psc_exp`; did you mean `tau_m`?"),
        ("\"20 ms\"", "\"20 mV\"", "`tau_m` of population `exc` is a time [ms], got 20 mV"),
        ("\"20 ms\"", "\"20 mW\"", "no unit `mW`"),
        ("\"20 ms\"", "nan", "must be a number, got NaN"),
        ("\"20 ms\"", "-1", "`tau_m` of population `exc` must be > 0 ms, got -1 ms"),
        ("\"20 ms\"", "[1.0, 2.0]", "is a list of 2 values, population `exc` has 10 elements"),
        ("\"20 ms\"", "{ normal = [1.0] }", "`normal` takes mean, std, got 1 numbers"),
        ("\"20 ms\"", "{ gauss = [1.0, 1.0] }", "no distribution `gauss`"),
        ("\"20 ms\"", "\"\"", "expected a number with a unit"),
        ("size = 10", "sizee = 10", "no key `sizee` in a population; did you mean `size`?"),
        ("size = 10", "size = -1", "`size` must be a whole number in 0..=4294967295, got -1"),
        ("size = 10", "size = 99999999999", "must be a whole number"),
        ("size = 10", "size = 4294967295", "a network has at most"),
        ("size = 10", "size = 0", "population `exc` has no elements"),
        ("model = \"iaf_psc_exp\"", "", "give either `model` or `model_file`"),
        ("model = \"iaf_psc_exp\"", "model = \"expon\"", "`expon` is a synapse, not a neuron"),
        ("model = \"iaf_psc_exp\"", "model_file = \"nowhere.wgsl\"", "cannot read ./nowhere.wgsl"),
        ("weight =", "port = \"exx\"\nweight =", "no port `exx` in `iaf_psc_exp`; did you mean `ex`?"),
        ("weight = \"20 pA\"", "weight = \"20 mV\"", "is a current [pA], got 20 mV"),
        (
            "weight =",
            "rule = \"al_to_all\"\nweight =",
            "no rule `al_to_all` in `rule`; did you mean `all_to_all`?",
        ),
        ("weight =", "rule = \"one_to_one\"\nweight =", "one_to_one needs as many sources as targets"),
        ("weight =", "rule = { edges = [[0, 7]] }\nweight =", "there are 1 sources and 5 targets"),
        ("weight =", "rule = { edges = [[0, 1, 2]] }\nweight =", "edge 0 is a pair of source and target"),
        ("weight =", "synapse = \"expon\"\nweight =", "no output"),
        ("weight = \"20 pA\"", "rule = { edges = [[0, 1], [0, 2]] }\nweight = [1.0]", "1 value"),
        ("\"exc[0..5]\"", "\"exc[0..50]\"", "`exc[0..50]`: slice 0..50 does not fit 10 elements"),
        ("\"exc[0..5]\"", "\"exc[5..5]\"", "slice 5..5"),
        ("\"exc[0..5]\"", "\"exc[-1]\"", "expected `exc`, `exc[5]` or `exc[0..50]`, found `exc[-1]`"),
        ("\"exc[0..5]\"", "\"ex[0..5]\"", "no population `ex` in the network; did you mean `exc`?"),
        ("\"exc[0..5]\"", "[]", "`to` is an empty list"),
        (
            "delay = \"1 ms\"",
            "delay = \"-1 ms\"",
            "the delay of projection `pulse_exc` must be >= dt = 0.1 ms, got -1 ms",
        ),
        ("delay = \"1 ms\"", "delay = \"0.05 ms\"", "must be >= dt"),
        ("from = \"pulse\"\n", "", "projection 1: a projection needs `from`"),
        ("every = \"1 ms\"", "every = \"0.15 ms\"", "must be a multiple of dt"),
        ("what = [\"V_m\"]", "what = [\"V\"]", "record.trace: no variable `V` in population `exc`"),
        (
            "what = \"spikes\"",
            "what = \"spike\"",
            "`what` must be \"spikes\", \"spins\", a list of variables",
        ),
        ("what = \"spikes\"", "what = \"spikes\"\nevery = 1.0", "spikes have times of their own"),
        ("[record.spikes]", "[record.\"a/b\"]", "a record's name becomes a file name; `a/b` cannot"),
        ("[record.spikes]", "[record.\"a\\u0000\"]", "a record's name becomes a file name"),
        ("duration = \"50 ms\"", "", "an experiment needs `duration`"),
        ("duration = \"50 ms\"", "duration = \"50.05 ms\"", "`duration` must be a multiple of dt"),
        ("duration = \"50 ms\"", "duration = 0", "`duration` must be > 0 ms"),
        ("duration = \"50 ms\"", "duration = 1e300", "`duration` must be at most"),
        ("duration = \"50 ms\"", "duration = inf", "`duration` must be"),
        ("duration = \"50 ms\"", "duration = \"50 ms\"\nseed = -1", "`seed` must be a whole number"),
        ("dt = \"0.1 ms\"", "dt = 0.0", "`dt` must be > 0 ms"),
        ("dt = \"0.1 ms\"", "dt = = 1", "line 2, column 6"),
        ("dt = \"0.1 ms\"", "dt = 1979-05-27", "a date is no value"),
        ("[population.pulse]", "[population.exc]", "duplicate key"),
        ("dt = \"0.1 ms\"", "dt = \"0.1 ms\"\ntrials = 0", "trials must be a range of at least one"),
        ("dt = \"0.1 ms\"", "dt = \"0.1 ms\"\ntrials = { first = 1 }", "`trials` needs `count`"),
        ("size = 10", "size = 10\neach_trial = {}", "population.exc: `each_trial` names no value"),
        ("size = 10", "size = 10\neach_trial = { parms = {} }", "did you mean `params`?"),
        (
            "size = 10",
            "size = 10\neach_trial = { params = { I_e = 1.0 } }",
            "`I_e` of `each_trial` must be a list",
        ),
        (
            "size = 10",
            "size = 10\neach_trial = { params = { I_e = [1.0, 2.0], tau_m = [1.0] } }",
            "`each_trial` has 2 values of `I_e` and 1 of `tau_m`",
        ),
        (
            "size = 10",
            "size = 10\neach_trial = { init = { V_m = [\"1 mV\", \"1 pA\"] } }",
            "`V_m` of population `exc` in trial 1 is a voltage [mV], got 1 pA",
        ),
    ];
    let told = cases.map(|(old, new, part)| {
        assert!(SOUND.contains(old), "{old}");
        let message = message(&SOUND.replacen(old, new, 1));
        let sound = message.starts_with("experiment: ") && message.contains(part) && !message.contains('\n');
        (sound, format!("{new}\n  expected {part}\n  got {message}"))
    });
    let wrong: Vec<String> = told.into_iter().filter(|(sound, _)| !sound).map(|(_, text)| text).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().join("missing.toml"), folder.path().to_path_buf()] {
        let message = Experiment::load(&path).expect_err("no file").to_string();
        assert!(message.starts_with(&format!("cannot read {}", path.display())), "{message}");
    }
    let broken = folder.path().join("broken.json");
    for (text, part) in [("{", "line 1"), (r#"{"dt": null}"#, "null is no value"), ("[]", "must be a table")]
    {
        std::fs::write(&broken, text).expect("it is writable");
        let message = Experiment::load(&broken).expect_err("no experiment").to_string();
        assert!(
            message.starts_with(&format!("{}: ", broken.display())) && message.contains(part),
            "{message}"
        );
    }
}

#[test]
fn a_model_of_the_users_own_stands_beside_the_experiment() {
    let folder = tempfile::tempdir().expect("a folder");
    let lif = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders/neuron/lif.wgsl");
    std::fs::copy(lif, folder.path().join("mine.wgsl")).expect("it is writable");
    let text = "duration = 1.0\n[population.a]\nmodel_file = \"mine.wgsl\"\n";
    let experiment = Experiment::from_toml(text, folder.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(experiment.network.populations()[0].settings.model.name(), "mine");
}

#[test]
fn references_are_names_slices_and_lists() {
    for (reference, len) in [
        ("\"exc\"", 10),
        ("\"exc[..]\"", 10),
        ("\"exc[2..]\"", 8),
        ("\"exc[..4]\"", 4),
        ("\"exc[9]\"", 1),
        ("[\"exc[9]\", \"exc[0..2]\"]", 3),
    ] {
        let text = SOUND.replacen("from = \"exc\"", &format!("from = {reference}"), 1);
        let experiment =
            Experiment::from_toml(&text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(experiment.network.records()[0].from.len(), len, "{reference}");
    }
}

#[test]
fn a_matrix_of_weights_has_a_row_for_each_source() {
    let text = "port = \"ex\"\nweight = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]";
    let matrix = SOUND.replacen("weight = \"20 pA\"", text, 1).replacen("\"pulse\"", "\"exc[..2]\"", 1);
    let experiment = Experiment::from_toml(&matrix, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    // the sources of a target stand together
    let expected = Value::Each([1.0, 6.0, 2.0, 7.0, 3.0, 8.0, 4.0, 9.0, 5.0, 10.0].into());
    assert_eq!(experiment.network.projections()[0].weight, expected);
    let short = matrix.replacen(", 10]", "]", 1);
    assert!(message(&short).contains("is a matrix of 2 rows; it has 2 sources, a row of 5 for each"));
    let sparse = matrix.replacen("port =", "rule = { fixed_outdegree = 2 }\nport =", 1);
    assert!(message(&sparse).contains("is a matrix, which fixed_outdegree does not take; all_to_all does"));
}

#[test]
fn connectivity_is_stored_or_procedural() {
    let of = |more: &str| SOUND.replacen("from = \"pulse\"", &format!("from = \"exc\"\n{more}"), 1);
    for (more, part) in [
        ("connectivity = \"procedural\"", "it was accepted"),
        ("connectivity = \"stored\"\nrule = { fixed_indegree = 2 }", "it was accepted"),
        (
            "connectivity = \"procedurall\"",
            "`connectivity` must be `stored` or `procedural`, got `procedurall`",
        ),
        (
            "connectivity = \"procedural\"\nrule = { fixed_indegree = 2 }",
            "fixed_indegree cannot be procedural, since a source alone does not know its targets; one_to_one, \
             all_to_all, fixed_outdegree, fixed_prob and pairwise_bernoulli can",
        ),
    ] {
        let told = message(&of(more));
        assert!(told.contains(part), "{told}");
    }
    let generator = SOUND.replacen("weight =", "connectivity = \"procedural\"\nweight =", 1);
    assert!(message(&generator).contains("its source `pulse` is a generator; neurons can"));
    let list = of("connectivity = \"procedural\"\nrule = \"one_to_one\"")
        .replacen("\"exc\"\nconn", "\"exc[5..]\"\nconn", 1)
        .replacen("\"20 pA\"", "[1, 2, 3, 4, 5]", 1);
    assert!(message(&list).contains("its weight is a list; one value or a distribution is drawn anew"));
}

#[test]
fn a_long_list_of_references_is_read_in_time() {
    let list = vec!["\"exc[0..5]\""; 200_000].join(",");
    let text = SOUND.replacen("from = \"exc\"", &format!("from = [{list}]"), 1);
    let experiment = Experiment::from_toml(&text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(experiment.network.records()[0].from.len(), 1_000_000);
}

#[test]
fn trials_and_their_values_are_read() {
    let text = SOUND.replace("dt = ", "trials = { first = 5, count = 2 }\ndt = ").replace(
        "size = 10",
        "size = 10\neach_trial = { params = { I_e = [0.0, \"1 pA\", 2, 3, 4, 5, 6] } }",
    );
    let experiment = Experiment::from_toml(&text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(experiment.network.trials(), 5..7);
    let exc = &experiment.network.populations()[0];
    let current = |trial| format!("{:?}", exc.of_trial(trial).values.values().collect::<Vec<_>>());
    assert_eq!(current(5), "[Constant(5.0), Constant(20.0)]");
}
