"""The sealed log: a Merkle tree over the events, signed checkpoints of it, and proofs for whoever doubts."""
