//! Current of sections that follow each other, each with its value and duration.
//!
//! After the last section it is 0. It acts in the step that begins at t, without a delay of its own.
//! brainpy.state: SectionInput.

struct Schedule {
    /// How long each section lasts [ms], > 0, consecutive
    durations: f32,
    /// Values of the sections [port] = 0
    values: f32,
}

fn level(e: Schedule) -> f32 {
    return e.values;
}

fn latency() -> u32 {
    return 1u;
}
