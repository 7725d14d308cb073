//! Microsoft's documented examples (GRAPH_CONTRACT_DIR) against the simulated cloud and the portal's readers.

mod answers;
mod changes;
mod cloud;
mod documents;
mod known;
mod made;
mod meaning;
mod policy_meaning;
mod readers;
mod requests;
mod same;
mod world;
