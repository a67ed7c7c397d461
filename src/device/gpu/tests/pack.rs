//! Shards hold every entry once, and no more than they may.

use super::fixture::Net;
use crate::compile::connect::Layout;
use crate::device::gpu::shard::{entry_words, pack};

#[test]
fn shards_hold_every_entry_once() {
    let net = Net::new([300, 137, 20, 5], 30, 3);
    for layout in [super::NARROW, Layout::Wide] {
        let program = net.program(layout);
        for limit in [70, 100, 1000, 10_000, 1 << 20] {
            let shards = pack(&program, limit).expect("a row can be split");
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
    assert_eq!(pack(&net.program(super::NARROW), 100).expect("nothing fits anywhere").len(), 1);
}

#[test]
fn a_limit_below_one_row_is_refused() {
    assert!(pack(&Net::new([100, 37, 20, 5], 12, 3).program(super::NARROW), 10).is_err());
}
