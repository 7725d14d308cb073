//! What the tests share: a database of their own each, on one temporary Postgres per test process.

pub mod app;
pub mod cloud;
pub mod database;
pub mod program;
pub mod receiver;
pub mod smtp;
