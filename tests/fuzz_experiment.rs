//! No text, however damaged, makes the loader panic.
//!
//! The files of the repository are damaged at random and loaded, and run where they still can be, for 2 s, or for as long as `SYNFIRE_FUZZ_SECONDS`
//! says. `SYNFIRE_FUZZ_SEED` repeats a run.

use crate::experiment::files;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::path::Path;
use std::time::{Duration, Instant};
use synfire::experiment::Experiment;
use synfire::model::Value;
use synfire::network::Projection;
use synfire::{Device, Rollout};

/// Values that break careless code.
const WORDS: [&str; 34] = [
    "0",
    "-1",
    "1",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "1e308",
    "-1e-320",
    "nan",
    "inf",
    "-inf",
    "true",
    "\"\"",
    "\"exc\"",
    "\"exc[0..1]\"",
    "\"neurons[..]\"",
    "\"neurons[4294967295]\"",
    "\"20 mV\"",
    "\"1e400 ms\"",
    "\"µ ms\"",
    "\"spikes\"",
    "[]",
    "[[]]",
    "[[0, 0]]",
    "{}",
    "{ normal = [1.0, 1e300] }",
    "{ uniform = [2.0, 1.0] }",
    "{ edges = [] }",
    "{ fixed_indegree = 0 }",
    "{ fixed_total_number = 9223372036854775807 }",
    "{ pairwise_bernoulli = 0.5, autapses = false }",
    "1979-05-27",
    "\"\\u0000\"",
    "\"static_synapse\"",
];

fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Damages a text: bytes, lines and values.
fn damage(text: &str, others: &[String], random: &mut StdRng) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    for _ in 0..random.random_range(1..4) {
        if lines.is_empty() {
            break;
        }
        let k = random.random_range(0..lines.len());
        match random.random_range(0..8) {
            0 => drop(lines.remove(k)),
            1 => lines.insert(k, lines[k].clone()),
            2 => {
                let other = others.choose(random).and_then(|text| text.lines().last()).unwrap_or("");
                lines.insert(k, other.into());
            }
            3 | 4 => replace_value(&mut lines[k], random),
            5 => lines[k] = scramble(&lines[k], random),
            6 => lines.truncate(k),
            _ => {
                lines[k] =
                    lines[k].replace(|c: char| c.is_ascii_digit(), &random.random_range(0..10).to_string())
            }
        }
    }
    lines.join("\n")
}

/// Puts another value behind an equals sign or a colon.
fn replace_value(line: &mut String, random: &mut StdRng) {
    let signs: Vec<usize> = line.match_indices(['=', ':']).map(|(k, _)| k).collect();
    let Some(sign) = signs.choose(random) else { return };
    let end = line[*sign..].find([',', '}']).map_or(line.len(), |k| sign + k);
    let word = WORDS.choose(random).copied().unwrap_or("");
    line.replace_range(sign + 1..end, &format!(" {word} "));
}

fn scramble(line: &str, random: &mut StdRng) -> String {
    let mut bytes = line.as_bytes().to_vec();
    for _ in 0..random.random_range(1..4) {
        let k = random.random_range(0..=bytes.len());
        match random.random_range(0..3) {
            0 => bytes.insert(k, random.random()),
            1 if k < bytes.len() => drop(bytes.remove(k)),
            _ if k < bytes.len() => bytes[k] = b"[]{}=\".,#\n\\-+eE0 "[random.random_range(0..17)],
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn load(text: &str) {
    // no folder: a damaged `model_file` finds nothing
    let folder = Path::new("/nonexistent");
    for loaded in [Experiment::from_toml(text, folder), Experiment::from_json(text, folder)] {
        let error = match loaded {
            Ok(experiment) => {
                run(&experiment);
                continue;
            }
            Err(error) => error,
        };
        let sentence = error.to_string();
        assert!(sentence.starts_with("experiment: ") && sentence.len() > 20, "{sentence}");
    }
}

/// What loads and is small also compiles and runs, or says why not.
fn run(experiment: &Experiment) {
    let network = &experiment.network;
    let elements: u64 = network.populations().iter().map(|population| u64::from(population.size)).sum();
    let edges = |projection: &Projection| {
        projection.connectivity.rule.expected(projection.from.len(), projection.to.len())
    };
    let is_short =
        |projection: &Projection| matches!(projection.delay, Value::Constant(delay) if delay < 100.0);
    let edges: f64 = network.projections().iter().map(edges).sum();
    if elements > 10_000 || edges > 1e6 || !network.projections().iter().all(is_short) {
        return;
    }
    let advanced =
        Rollout::new(network, &Device::cpu()).and_then(|mut rollout| rollout.advance_steps(20, &mut |_| {}));
    if let Err(error) = advanced {
        assert!(error.to_string().len() > 20, "{error}");
    }
}

#[test]
fn damaged_files_are_refused_without_panic() {
    let texts: Vec<String> =
        files().iter().map(|path| std::fs::read_to_string(path).expect("a file")).collect();
    let seed = environment("SYNFIRE_FUZZ_SEED", 1);
    let end = Instant::now() + Duration::from_secs(environment("SYNFIRE_FUZZ_SECONDS", 2));
    let mut random = StdRng::seed_from_u64(seed);
    let mut count = 0u64;
    while Instant::now() < end {
        let text = damage(texts.choose(&mut random).expect("there are files"), &texts, &mut random);
        let loaded = std::panic::catch_unwind(|| load(&text));
        assert!(loaded.is_ok(), "seed {seed}, text {count}:\n{text}");
        count += 1;
    }
    println!("{count} texts");
}

proptest! {
    #[test]
    fn any_text_is_refused_without_panic(text in "\\PC{0,200}") {
        load(&text);
    }

    #[test]
    fn any_value_of_any_key_is_no_panic(key in "[a-z_.\\[\\]\"= {},0-9]{0,40}", word in 0..WORDS.len()) {
        load(&format!("duration = 1\n[population.exc]\nmodel = \"lif\"\n{key} = {}\n", WORDS[word]));
        load(&format!("duration = 1\n{key}\n[[projection]]\nfrom = {}", WORDS[word]));
    }

    #[test]
    fn any_reference_is_no_panic(reference in "exc[\\[\\]. 0-9]{0,20}") {
        let text = "duration = 1\n[population.exc]\nmodel = \"lif\"\nsize = 100\n[record.x]\nwhat = \"spikes\"\n";
        load(&format!("{text}from = \"{reference}\"\n"));
    }
}
