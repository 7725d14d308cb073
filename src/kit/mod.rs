//! The tools of the house. They know no room.

pub mod assets;
pub mod audit;
pub mod chance;
pub mod clock;
pub mod db;
pub mod error;
pub mod form;
pub mod frame;
pub mod headers;
pub mod ids;
pub mod limits;
pub mod live;
pub mod page;
pub mod postgres;
pub mod right;
pub mod roles;
pub mod router;
pub mod scope;
pub mod scram;
pub mod seal;
pub mod session;
pub mod streams;
pub mod text;
pub mod unknown;
pub mod walls;
pub mod work;
