//! Explicit edges from sparse matrices.

use super::{Connectivity, edges};
use crate::Error;

/// A matrix in compressed rows: source `i` is connected to the targets `indices[indptr[i]..indptr[i + 1]]`.
///
/// # Errors
/// [`Error::Rule`] where `indptr` does not begin at 0, decreases, or does not end at the number of indices.
pub fn csr(indptr: &[u32], indices: &[u32]) -> Result<Connectivity, Error> {
    let fail = |text: String| Err(Error::Rule(text));
    if let Some(k) = indptr.windows(2).position(|pair| pair[1] < pair[0]) {
        return fail(format!("`indptr` of a csr never decreases; {} follows {}", indptr[k + 1], indptr[k]));
    }
    let (Some(0), Some(&end)) = (indptr.first(), indptr.last()) else {
        return fail("`indptr` of a csr begins with 0 and has a number more than there are sources".into());
    };
    if end as usize != indices.len() {
        return fail(format!(
            "`indptr` of a csr ends with the number of indices, {}; got {end}",
            indices.len()
        ));
    }
    let rows = (0u32..).zip(indptr.windows(2));
    let pairs = rows.flat_map(|(source, row)| {
        indices[row[0] as usize..row[1] as usize].iter().map(move |target| [source, *target])
    });
    Ok(edges(pairs.collect::<Vec<_>>()))
}

/// A matrix by coordinates: source `rows[k]` is connected to target `columns[k]`.
///
/// # Errors
/// [`Error::Rule`] where there are not as many columns as rows.
pub fn coo(rows: &[u32], columns: &[u32]) -> Result<Connectivity, Error> {
    if rows.len() != columns.len() {
        let text = format!("a coo has as many rows as columns; got {} and {}", rows.len(), columns.len());
        return Err(Error::Rule(text));
    }
    Ok(edges(rows.iter().zip(columns).map(|(source, target)| [*source, *target]).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_lists_of_edges() {
        let expected = edges(vec![[0, 1], [0, 4], [2, 0]]);
        assert_eq!(csr(&[0, 2, 2, 3], &[1, 4, 0]).expect("a matrix"), expected);
        assert_eq!(coo(&[0, 0, 2], &[1, 4, 0]).expect("a matrix"), expected);
        for (indptr, message) in [
            (&[][..], "`indptr` of a csr begins with 0 and has a number more than there are sources"),
            (&[1, 3], "`indptr` of a csr begins with 0 and has a number more than there are sources"),
            (&[0, 2, 1, 3], "`indptr` of a csr never decreases; 1 follows 2"),
            (&[0, 2], "`indptr` of a csr ends with the number of indices, 3; got 2"),
        ] {
            assert_eq!(csr(indptr, &[1, 4, 0]).expect_err(message).to_string(), message);
        }
        let message = coo(&[0], &[]).expect_err("too few").to_string();
        assert_eq!(message, "a coo has as many rows as columns; got 1 and 0");
    }
}
