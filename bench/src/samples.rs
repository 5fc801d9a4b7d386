//! Samples of one quantity, taken in rounds with those of others.

use anyhow::Result;

/// Values of the rounds, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(pub Vec<f64>);

impl Samples {
    /// The median; `None` without samples.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match (sorted.len() % 2, sorted.get(middle)) {
            (0, Some(upper)) => Some(f64::midpoint(sorted[middle - 1], *upper)),
            (_, value) => value.copied(),
        }
    }

    /// The median of the ratios of each round, which a slower machine in one round does not change.
    pub fn ratio_to(&self, other: &Self) -> Option<f64> {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(one, other)| one / other).collect()).median()
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Takes one sample.
pub type Sampler<'a> = Box<dyn FnMut() -> Result<f64> + 'a>;

/// Takes samples in turns, A B C A B C, so that a slower machine slows all of them down.
///
/// What is not available has no sampler and gets no samples.
pub fn interleave<const N: usize>(
    rounds: usize,
    samplers: [Option<Sampler<'_>>; N],
) -> Result<[Samples; N]> {
    let mut samplers = samplers;
    let mut samples = [const { Samples(Vec::new()) }; N];
    for _ in 0..rounds {
        for (sampler, samples) in samplers.iter_mut().zip(&mut samples) {
            if let Some(sample) = sampler {
                samples.0.push(sample()?);
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let median = |values: &[f64]| Samples(values.to_vec()).median();
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn ratios_are_those_of_each_round() {
        let [fast, slow] = [[1.0, 10.0, 2.0], [2.0, 20.0, 4.0]].map(|values| values.to_vec());
        assert_eq!(Samples(slow).ratio_to(&Samples(fast)), Some(2.0));
        assert_eq!(Samples(vec![1.0]).ratio_to(&Samples::default()), None);
    }

    #[test]
    fn samples_are_taken_in_turns() {
        let order = std::cell::RefCell::new(Vec::new());
        let sampler = |name: f64| -> Option<Sampler<'_>> {
            let order = &order;
            Some(Box::new(move || {
                order.borrow_mut().push(name);
                Ok(name)
            }))
        };
        let [one, none, two] = interleave(2, [sampler(1.0), None, sampler(2.0)]).unwrap();
        assert_eq!(*order.borrow(), [1.0, 2.0, 1.0, 2.0]);
        assert_eq!((one.0.len(), none.0.len(), two.0.len()), (2, 0, 2));
    }
}
