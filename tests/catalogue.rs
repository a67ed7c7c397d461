//! The shipped models: what they are is pinned, and compared with NEST's own tables.

use serde_json::Value;
use std::path::Path;
use synfire::compile::{Target, compile, kernel};
use synfire::experiment::Experiment;
use synfire::model::reflect::Member;
use synfire::model::tag::{TagUnit, Term};
use synfire::models;

fn line(member: &Member) -> String {
    let Some(tag) = member.tag() else { return String::new() };
    let default = match (&tag.default, &tag.unit) {
        (Some(Term::Number(value)), TagUnit::Choice(words)) => format!(" = {}", words[*value as usize]),
        (Some(Term::Number(value)), _) => format!(" = {value}"),
        (Some(Term::Name(name)), _) => format!(" = {name}"),
        (None, _) => String::new(),
    };
    format!("{} [{}]{default}", member.name, member.unit_text())
}

/// Every parameter, unit and default, so that no change of one goes unseen.
#[test]
fn the_catalogue_is_as_accepted() {
    let mut text = String::new();
    for model in models::models() {
        text += &format!("{} {}\n", model.role().name(), model.name());
        for owner in ["Params", "Schedule", "State", "Input"] {
            for member in model.members(owner) {
                text += &format!("    {owner}: {}\n", line(member));
            }
        }
    }
    insta::assert_snapshot!(text);
}

fn kernels(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let experiment = Experiment::load(&path).expect("it loads");
    let program = compile(&experiment.network, Target::default()).expect("it compiles");
    let texts = (0..program.kernels.len()).map(|k| kernel::update_kernel(&program, k).expect("it prints"));
    texts.collect::<Vec<_>>().join("\n")
}

/// The generated part of three kernels: conductances, exact propagators with noise, a plain jump.
#[test]
fn kernels_are_as_accepted() {
    for file in ["assets/balanced.toml", "assets/brunel.toml", "tests/reference/iaf_psc_delta_spikes.toml"] {
        let text = kernels(file);
        let generated = text.split_once("struct State {").expect("every kernel has a state").1;
        let name = Path::new(file).file_stem().expect("a file").to_string_lossy().into_owned();
        insta::assert_snapshot!(name, format!("struct State {{{generated}"));
    }
}

/// What a model turns off costs nothing: a hard threshold draws no random numbers, and its kernel has none of it.
#[test]
fn a_hard_threshold_draws_no_random_numbers() {
    let draws = |file: &str| kernels(file).contains(&0xD251_1F53u32.to_string());
    assert!(!draws("tests/reference/iaf_psc_exp_spikes.toml"));
    assert!(draws("tests/reference/iaf_psc_exp_soft.toml"));
}

/// Entries of NEST's tables that are no parameters here, and why.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("iaf_cond_alpha", "t_ref_remaining", "recorded in steps, as refractory"),
    ("iaf_cond_beta", "t_ref_remaining", "recorded in steps, as refractory"),
    ("iaf_cond_alpha_mc", "t_ref_remaining", "recorded in steps, as refractory"),
    ("pp_psc_delta", "t_ref_remaining", "recorded in steps, as dead"),
    ("iaf_cond_alpha_mc", "receptor_types", "ports have these names"),
    ("iaf_cond_alpha_mc", "soma_V_m", "recorded as V_m_s"),
    ("iaf_cond_alpha_mc", "proximal_V_m", "recorded as V_m_p"),
    ("iaf_cond_alpha_mc", "distal_V_m", "recorded as V_m_d"),
    ("ht_neuron", "receptor_types", "ports have these names"),
    ("iaf_bw_2001", "receptor_types", "ports have these names"),
    ("glif_psc", "has_connections", "what is connected is fixed"),
    ("glif_psc_double_alpha", "has_connections", "what is connected is fixed"),
    ("glif_cond", "has_connections", "what is connected is fixed"),
    ("iaf_psc_exp_multisynapse", "n_synapses", "the length of tau_syn"),
    ("iaf_psc_alpha_multisynapse", "n_synapses", "the length of tau_syn"),
    ("gif_psc_exp_multisynapse", "n_receptors", "the length of tau_syn"),
    ("gif_cond_exp_multisynapse", "n_receptors", "the length of tau_syn"),
    ("aeif_cond_alpha_multisynapse", "n_receptors", "the length of tau_syn"),
    ("aeif_cond_beta_multisynapse", "n_receptors", "the length of tau_rise"),
    ("gif_cond_exp_multisynapse", "g", "NEST says two for one port"),
    ("iaf_psc_exp_multisynapse", "has_connections", "what is connected is fixed"),
    ("iaf_psc_alpha_multisynapse", "has_connections", "what is connected is fixed"),
    ("gif_psc_exp_multisynapse", "has_connections", "what is connected is fixed"),
    ("gif_cond_exp_multisynapse", "has_connections", "what is connected is fixed"),
    ("aeif_cond_alpha_multisynapse", "has_connections", "what is connected is fixed"),
    ("aeif_cond_beta_multisynapse", "has_connections", "what is connected is fixed"),
    ("noise_generator", "I", "the current of a generator is not recorded"),
    ("noise_generator", "y_0", "the angle is counted in whole numbers"),
    ("noise_generator", "y_1", "the angle is counted in whole numbers"),
    ("static_synapse", "weight", "a property of the projection"),
    ("static_synapse", "delay", "a property of the projection"),
    ("static_synapse", "receptor_type", "the port of the projection"),
    ("dc_generator", "I", "the current of a generator is not recorded"),
    ("ac_generator", "I", "the current of a generator is not recorded"),
    ("ac_generator", "y_0", "the angle is counted in whole numbers"),
    ("ac_generator", "y_1", "the angle is counted in whole numbers"),
    ("sinusoidal_poisson_generator", "rate", "the rate of a generator is not recorded"),
    ("sinusoidal_gamma_generator", "rate", "the rate of a generator is not recorded"),
    ("step_rate_generator", "rate", "the rate of a generator is not recorded"),
    ("step_current_generator", "I", "the current of a generator is not recorded"),
    ("sinusoidal_poisson_generator", "y_0", "the angle is counted in whole numbers"),
    ("sinusoidal_poisson_generator", "y_1", "the angle is counted in whole numbers"),
    ("iaf_chs_2007", "V_noise", "recorded noise is not built"),
    ("iaf_chs_2007", "noise", "recorded noise is not built"),
];

/// NEST's lists and tables as our names: `tau` of two is `tau_1` and `tau_2`, `soma` with `C_m` is `soma_C_m`. The
/// values of an empty list are not NEST's.
fn spread(name: &str, value: &Value) -> Vec<(String, Option<Value>)> {
    match value {
        Value::Array(values) if values.is_empty() => vec![(format!("{name}_1"), None)],
        Value::Array(values) => {
            let numbered = values.iter().enumerate();
            numbered.map(|(k, value)| (format!("{name}_{}", k + 1), Some(value.clone()))).collect()
        }
        Value::Object(table) => {
            table.iter().map(|(key, value)| (format!("{name}_{key}"), Some(value.clone()))).collect()
        }
        value => vec![(name.to_string(), Some(value.clone()))],
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(*value)),
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    }
}

#[test]
fn parameters_defaults_and_recordables_are_those_of_nest() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/nest_defaults.json");
    let dump: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("it is committed")).expect("JSON");
    for (name, entry) in dump["models"].as_object().expect("a table of models") {
        let model = models::find(name).expect("every model of the table is shipped");
        let elsewhere =
            |entry: &str| ELSEWHERE.iter().any(|(known, other, _)| known == name && *other == entry);
        let known = |owner: &str, entry: &str| model.members(owner).iter().any(|member| member.name == entry);
        let defaults = entry["defaults"].as_object().expect("a table of defaults");
        let here = defaults.iter().filter(|(key, _)| !elsewhere(key) && !known("Schedule", key));
        let entries: Vec<_> = here.flat_map(|(key, value)| spread(key, value)).collect();
        let asked = |entry: &str| !elsewhere(entry) && !known("State", entry);
        for (parameter, theirs) in entries.iter().filter(|(parameter, _)| asked(parameter)) {
            let member = model.params().iter().find(|member| member.name == *parameter);
            let member = member.unwrap_or_else(|| panic!("`{name}` lacks NEST's `{parameter}`"));
            let ours = match member.tag().and_then(|tag| tag.default.clone()) {
                Some(Term::Number(value)) => Some(value),
                _ => None,
            };
            if let Some(theirs) = theirs {
                assert_eq!(ours, number(theirs), "`{parameter}` of `{name}`");
            }
        }
        let is_list = |name: &str| defaults.get(name).is_some_and(Value::is_array);
        // NEST keeps the tolerance of its integrator out of some tables
        for member in model.params().iter().filter(|member| member.name != "gsl_error_tol") {
            let spread = entries.iter().any(|(entry, _)| *entry == member.name);
            let listed = spread || defaults.contains_key(&member.name);
            let numbered = member.name.rsplit_once('_').is_some_and(|(stem, _)| is_list(stem));
            assert!(listed || numbered, "NEST's `{name}` has no `{}`", member.name);
        }
        let recordables = entry["recordables"].as_array().expect("a list");
        let excused = ELSEWHERE
            .iter()
            .filter(|(model, entry, _)| model == name && !recordables.contains(&(*entry).into()));
        for (_, entry, _) in excused {
            assert!(!known("Params", entry), "`{name}` has `{entry}`: it needs no excuse");
        }
        for recordable in recordables {
            let recordable = &recordable.as_str().expect("a name").replace('.', "_");
            assert!(
                known("State", recordable) || elsewhere(recordable),
                "`{name}` does not record `{recordable}`"
            );
        }
    }
}

/// Models without an equation and a source of their own: they repeat or count.
const WITHOUT_SOURCE: [&str; 2] = ["ignore_and_fire", "parrot_neuron"];

/// Whoever reads a neuron's document knows its equations, where they are from and how far NEST's results are.
#[test]
fn documents_of_nests_neurons_give_equations_source_and_deviation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/nest_defaults.json");
    let dump: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("it is committed")).expect("JSON");
    let known = |name: &str| dump["models"].get(name).is_some();
    for model in models::models().iter().filter(|model| model.document().contains("NEST: ")) {
        let (name, document) = (model.name(), model.document());
        let text = document.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(known(name), "NEST's table lacks `{name}`");
        if model.role() != synfire::model::Role::Neuron {
            continue;
        }
        let said = ["at most", "within", "equal"].iter().any(|words| text.contains(words));
        assert!(said, "`{name}` does not say how far it is from NEST");
        if !WITHOUT_SOURCE.contains(&name) {
            assert!(document.contains("doi:"), "`{name}` names no source");
            assert!(document.contains("\n    "), "`{name}` gives no equation");
        }
    }
}

#[test]
fn the_readme_names_every_model() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).expect("it is committed");
    let missing: Vec<&str> = (models::models().iter().map(|model| model.name()))
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "the README's table lacks {missing:?}");
}

/// Words of this list are names of models and of other things: the standard library, short-term plasticity, benchmarks.
const WORDS: [&str; 5] = ["std", "stp", "coba", "cuba", "alpha"];

/// A model has no name in Rust: the engine treats all alike. Only examples in documents name some, as their readers do.
#[test]
fn no_model_has_a_name_in_rust() {
    let names: Vec<&str> = models::models().iter().map(|model| model.name()).collect();
    let is_name = |word: &&str| names.contains(word) && !WORDS.contains(word);
    let mut found = vec![];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut in_example = false;
            for (k, line) in std::fs::read_to_string(&path).expect("a text").lines().enumerate() {
                let document =
                    line.trim_start().strip_prefix("//!").or(line.trim_start().strip_prefix("///"));
                in_example ^= document.is_some_and(|text| text.trim_start().starts_with("```"));
                if in_example && document.is_some() {
                    continue;
                }
                let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                found.extend(
                    words.filter(is_name).map(|word| format!("{}:{}: {word}", path.display(), k + 1)),
                );
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A rule that changes weights is refused as long as none is run; it must not pass as a static connection.
#[test]
fn rules_that_change_weights_are_refused() {
    use synfire::model::Role;
    use synfire::network::rule::one_to_one;
    use synfire::unit::ms;
    let rule =
        synfire::Model::with_role("grows", Role::Plasticity, "fn on_pre(w: f32) -> f32 { return w + 1.0; }");
    let rule = synfire::Instance::new(rule.expect("it is valid"));
    let mut network = synfire::Network::new(0.1 * ms).expect("a time step");
    let cells = network.population("cells", 2, models::iaf_psc_exp()).expect("a population");
    let refused = network.project(&cells, &cells, one_to_one()).synapse(rule).build();
    assert!(refused.is_err_and(|error| error.to_string().contains("`grows` changes its weights")));
}
