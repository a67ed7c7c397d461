//! Shards hold every entry once, and no more than they may.

use super::fixture::Net;
use crate::compile::connect::{Block, Layout, Weights};
use crate::device::gpu::shard::{entry_words, pack};

#[test]
fn shards_hold_every_entry_once() {
    let net = Net::new([300, 137, 20, 5], 30, 3);
    for layout in [super::NARROW, Layout::Wide] {
        let program = net.program(layout);
        for limit in [70, 100, 1000, 10_000, 1 << 20] {
            let shards =
                pack(&program, limit, &vec![None; program.blocks.len()]).expect("a row can be split");
            let mut next = vec![0; program.blocks.len()];
            for shard in &shards {
                assert!(shard.n_entries * entry_words(layout) <= limit);
                assert!(shard.rows.len() as u64 <= limit, "{} words of rows in {limit}", shard.rows.len());
                for piece in &shard.pieces {
                    assert_eq!(piece.entries.start, next[piece.block]);
                    next[piece.block] = piece.entries.end;
                }
            }
            let ends: Vec<u32> =
                program.blocks.iter().map(|block| *block.rows.last().expect("it has rows")).collect();
            assert_eq!(next, ends);
        }
    }
}

#[test]
fn a_program_without_synapses_has_one_shard() {
    let mut net = Net::new([64, 64, 1, 1], 1, 1);
    net.wires.clear();
    assert_eq!(pack(&net.program(super::NARROW), 100, &[]).expect("nothing fits anywhere").len(), 1);
}

#[test]
fn a_limit_below_one_row_is_refused() {
    let program = Net::new([100, 37, 20, 5], 12, 3).program(super::NARROW);
    assert!(pack(&program, 10, &[None, None, None]).is_err());
}

/// Offsets around 2^31 and 2^32: tables of rows alone, without the entries that they count.
#[test]
fn offsets_beyond_32_bits_are_cut_into_shards() {
    let mut program = Net::new([300, 137, 20, 5], 30, 3).program(Layout::Wide);
    let template = program.blocks[0].clone();
    let block = |ends: &[u32]| Block {
        source_first: 0,
        rows: [0].iter().chain(ends).copied().collect(),
        entries: vec![],
        weights: Weights::Each(vec![]),
        ..template.clone()
    };
    program.blocks = vec![
        block(&[1 << 31, (1 << 31) + 5, u32::MAX]),
        block(&[(1 << 31) - 1, 1 << 31, u32::MAX - 1]),
        block(&[u32::MAX]),
    ];
    let n_entries: u64 = program.blocks.iter().map(|block| u64::from(block.rows[block.rows.len() - 1])).sum();
    // what adapters offer: 128 MiB, 2 GiB - 1, 4 GiB - 1 in words, and more than 32 bits can count
    for limit in [1 << 25, (1 << 29) - 1, (1 << 30) - 1, 1 << 33] {
        for layout in [super::NARROW, Layout::Wide] {
            program.layout = layout;
            let shards = pack(&program, limit, &vec![None; program.blocks.len()]).expect("rows can be split");
            assert_eq!(shards.iter().map(|shard| shard.n_entries).sum::<u64>(), n_entries);
            for shard in &shards {
                assert!(shard.n_entries * entry_words(layout) <= limit.min(u64::from(u32::MAX)));
                let mut at = 0u64;
                for piece in &shard.pieces {
                    assert_eq!((u64::from(piece.entries_at), u64::from(piece.weights_at)), (at, at));
                    at += u64::from(piece.entries.end - piece.entries.start);
                }
            }
        }
    }
}
