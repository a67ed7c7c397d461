//! Trials: independent copies of a network that run together.
//!
//! All trials share connections, weights, delays and drawn parameters. Each draws its own initial values and its own
//! noise, from a seed that follows from the network's and the trial's number, and may have values of its own.

use super::{MAX_ELEMENTS, Network, Population, PopulationId, View};
use crate::error::{Error, Result};
use crate::model::Instance;
use crate::model::instance::Settings;
use std::ops::Range;

impl Network {
    /// Which trials run together; without a call, trial 0 alone. What happens in a trial depends on its number
    /// only: `5..6` gives exactly the spikes that trial 5 has among `0..64`.
    ///
    /// # Errors
    /// No trials, or more than a network has elements.
    pub fn set_trials(&mut self, trials: Range<u32>) -> Result<()> {
        if trials.is_empty() || u64::from(trials.end) > MAX_ELEMENTS {
            let expected = format!("a range of at least one, up to {MAX_ELEMENTS}");
            return Err(Error::Value { what: "trials".into(), expected, got: format!("{trials:?}") });
        }
        self.trials = trials;
        Ok(())
    }

    /// The trials that run together.
    pub fn trials(&self) -> Range<u32> {
        self.trials.clone()
    }

    /// Gives `population` other values in every trial: one model for each, from trial 0 on, all with the population's
    /// model. Parameters, initial values, currents into ports and the columns of schedules may differ.
    ///
    /// ```
    /// use synfire::models::iaf_psc_exp;
    /// use synfire::unit::{ms, pA};
    /// use synfire::{Device, Network, Rollout};
    ///
    /// let mut network = Network::new(0.1 * ms)?;
    /// let cells = network.population("cells", 10, iaf_psc_exp())?;
    /// network.set_trials(0..3)?;
    /// network.set_each_trial(&cells, [300.0, 400.0, 500.0].map(|current| iaf_psc_exp().I_e(current * pA)))?;
    /// let mut rollout = Rollout::new(&network, &Device::cpu())?;
    /// rollout.advance(200.0 * ms)?;
    /// let rates = rollout.recording().rates_hz("cells").expect("there are such cells");
    /// assert!(rates[0] == 0.0 && 0.0 < rates[1] && rates[1] < rates[2]);
    /// # Ok::<(), synfire::Error>(())
    /// ```
    ///
    /// # Errors
    /// A view that is no whole population, another model than the population's, a value that does not fit the model.
    pub fn set_each_trial<M: Into<Instance>>(
        &mut self,
        population: &View,
        models: impl IntoIterator<Item = M>,
    ) -> Result<()> {
        self.own(population)?;
        let [slice] = population.slices() else {
            return Err(Error::network("values for each trial are set on one population at a time"));
        };
        let known = self.get(slice.population);
        let name = known.name.clone();
        if slice.len != known.size {
            let text = format!("values for each trial are set on all of population `{name}`, not on a slice");
            return Err(Error::network(text));
        }
        let settle = |(trial, model): (usize, M)| {
            let instance: Instance = model.into();
            let place = format!("population `{name}` in trial {trial}");
            let (own, other) = (known.settings.model.name(), instance.model().name());
            if !instance.model().is_same_but_for_counts(&known.settings.model) {
                let text = format!("{place} stays a population of `{own}`, got `{other}`");
                return Err(Error::network(text));
            }
            let mut settings = instance.settle(&place, known.size)?;
            settings.count_ports(&place, known.size, self.dt_ms)?;
            let mut counts = known.settings.model.counts().iter().zip(settings.model.counts());
            if let Some(((count, kept), (_, got))) = counts.find(|(kept, got)| kept != got) {
                let text = format!("{place} keeps the length of its lists of {count}, {kept}, got {got}");
                return Err(Error::network(text));
            }
            if known.settings.model.integrator() != settings.model.integrator() {
                return Err(Error::network(format!("{place} keeps the integrator of its population")));
            }
            Ok(settings)
        };
        let each_trial: Vec<Settings> = models.into_iter().enumerate().map(settle).collect::<Result<_>>()?;
        if each_trial.is_empty() {
            return Err(Error::network(format!(
                "population `{name}` has values for no trial; give one for each"
            )));
        }
        self.populations[slice.population.0 as usize].each_trial = each_trial;
        Ok(())
    }

    /// Changes the values of a population, in every trial.
    pub(crate) fn each_variant(
        &mut self,
        population: PopulationId,
        mut change: impl FnMut(&mut Settings) -> Result<()>,
    ) -> Result<()> {
        let population = &mut self.populations[population.0 as usize];
        std::iter::once(&mut population.settings).chain(&mut population.each_trial).try_for_each(&mut change)
    }

    /// Fails where a trial that runs has no values.
    pub(crate) fn check_trials(&self) -> Result<()> {
        let wanted = self.trials.end as usize;
        let short = |population: &&Population| {
            !population.each_trial.is_empty() && population.each_trial.len() < wanted
        };
        match self.populations.iter().find(short) {
            None => Ok(()),
            Some(population) => Err(Error::network(format!(
                "population `{}` has values for {} trials; trial {} runs, so there must be at least {wanted}",
                population.name,
                population.each_trial.len(),
                wanted - 1
            ))),
        }
    }

    /// How many trials have values, whether they run or not; 0 where all trials have the same.
    pub(crate) fn variants(&self) -> u32 {
        let counts = self.populations.iter().map(|population| population.each_trial.len() as u32);
        counts.filter(|count| *count > 0).min().unwrap_or(0)
    }
}

impl Population {
    /// The values of a trial.
    pub fn of_trial(&self, trial: u32) -> &Settings {
        self.each_trial.get(trial as usize).unwrap_or(&self.settings)
    }

    /// All values that the population can have: those of every trial, whether it runs or not.
    pub(crate) fn variants(&self) -> &[Settings] {
        if self.each_trial.is_empty() { std::slice::from_ref(&self.settings) } else { &self.each_trial }
    }
}
