//! Rhythms: the power spectrum of a rate, a potential or any other evenly sampled signal.

use realfft::RealFftPlanner;
use std::f64::consts::TAU;
use std::ops::Range;

/// Power of a signal by frequency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrum {
    /// Frequencies in Hz, evenly spaced from 0 to half the sampling rate.
    pub frequencies_hz: Vec<f64>,
    /// One-sided spectral density in the signal's unit squared per Hz: its integral is the variance.
    pub power: Vec<f64>,
}

impl Spectrum {
    /// Spectrum of a signal that is sampled every `sample_ms`, from segments of `segment_ms`: frequencies are told apart
    /// to 1000 / `segment_ms` Hz, and more segments in the signal make a smoother spectrum.
    ///
    /// Half overlapping segments, the mean removed from each, under Hann's window; a signal shorter than a segment
    /// is one. Welch (1967), doi:10.1109/TAU.1967.1161901.
    pub fn new(signal: &[f64], sample_ms: f64, segment_ms: f64) -> Spectrum {
        let n = ((segment_ms / sample_ms).round() as usize).clamp(2, signal.len().max(2));
        let rate_hz = 1000.0 / sample_ms;
        let window: Vec<f64> =
            (0..n).map(|k| 0.5 - 0.5 * (TAU * (k as f64 + 0.5) / n as f64).cos()).collect();
        let energy: f64 = window.iter().map(|weight| weight * weight).sum();
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(n);
        let (mut samples, mut waves) = (transform.make_input_vec(), transform.make_output_vec());
        let mut power = vec![0.0; n / 2 + 1];
        let segments = signal.windows(n).step_by((n / 2).max(1));
        let count = segments.len().max(1) as f64;
        for segment in segments {
            let mean = segment.iter().sum::<f64>() / n as f64;
            for ((sample, value), weight) in samples.iter_mut().zip(segment).zip(&window) {
                *sample = (value - mean) * weight;
            }
            transform.process(&mut samples, &mut waves).expect("both buffers are made by the transform");
            for (k, (power, wave)) in power.iter_mut().zip(&waves).enumerate() {
                // a frequency stands for its negative too, but for 0 and half the sampling rate
                let sides = if k == 0 || 2 * k == n { 1.0 } else { 2.0 };
                *power += sides * wave.norm_sqr() / (rate_hz * energy * count);
            }
        }
        let frequencies_hz = (0..power.len()).map(|k| k as f64 * rate_hz / n as f64).collect();
        Spectrum { frequencies_hz, power }
    }

    /// The frequency of most power within a band, in Hz; none where the band holds no frequency.
    pub fn peak_hz(&self, band_hz: Range<f64>) -> Option<f64> {
        let points = self.frequencies_hz.iter().zip(&self.power);
        let inside = points.filter(|(frequency, _)| band_hz.contains(*frequency));
        inside.max_by(|a, b| a.1.total_cmp(b.1)).map(|(frequency, _)| *frequency)
    }

    /// Points to draw: frequency and power.
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.frequencies_hz.iter().copied().zip(self.power.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, normal_pair, uniform_pair};

    #[test]
    fn a_sine_has_its_frequency_and_its_variance() {
        // 3 sin(2 pi 40 Hz t), every 0.5 ms: variance 9 / 2
        let signal: Vec<f64> =
            (0..4000).map(|k| 7.0 + 3.0 * (TAU * 40.0 * f64::from(k) * 0.5e-3).sin()).collect();
        let spectrum = Spectrum::new(&signal, 0.5, 500.0);
        assert_eq!(spectrum.peak_hz(0.0..1000.0), Some(40.0));
        assert_eq!(spectrum.peak_hz(2000.0..3000.0), None);
        let variance = spectrum.power.iter().sum::<f64>() * spectrum.frequencies_hz[1];
        assert!((variance - 4.5).abs() < 1e-3, "{variance}");
    }

    #[test]
    fn white_noise_is_flat() {
        let stream = Stream::new(1, 1);
        let signal: Vec<f64> =
            (0..20_000).flat_map(|k| normal_pair(uniform_pair(stream.words(0, k)))).collect();
        let spectrum = Spectrum::new(&signal, 1.0, 100.0);
        // variance 1 over 0..500 Hz; 800 half overlapping segments leave 4 %
        for k in 3..48 {
            assert!((spectrum.power[k] * 500.0 - 1.0).abs() < 0.2, "{k}: {}", spectrum.power[k] * 500.0);
        }
    }

    #[test]
    fn odd_signals_have_a_spectrum_too() {
        for signal in [vec![], vec![1.0], vec![1.0, 2.0, 3.0]] {
            let spectrum = Spectrum::new(&signal, 1.0, 1000.0);
            assert_eq!(spectrum.frequencies_hz.len(), spectrum.power.len());
        }
    }
}
