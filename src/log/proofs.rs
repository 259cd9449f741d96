//! Reading a log's tree: roots, proofs and tiles.

use custodia_core::tree::tile::TileId;
use custodia_core::tree::{
    self, Frontier, Hash, ProveError, TileNodes, TileNodesError as NodesError,
};

use super::edge::{Edge, TILE_WIDTH};
use super::layout::{TILES, tile_key};
use super::{Error, Log, State};

impl Log {
    /// The root at `size`.
    ///
    /// # Errors
    /// [`Error::PastEnd`]; [`Error::Corrupt`] where a tile is missing.
    pub fn root_at(&self, size: u64) -> Result<Hash, Error> {
        self.within_size("size", size)?;
        tree::root(&self.nodes(size), size).map_err(|e| self.unreadable(e))
    }

    /// The inclusion proof of leaf `index` at `size`.
    ///
    /// # Errors
    /// As [`Self::root_at`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        self.within_size("size", size)?;
        if index >= size {
            return Err(self.past_end("leaf", index, size));
        }
        let proof = tree::inclusion_proof(&self.nodes(size), index, size);
        proof.map_err(|e| self.unprovable(e))
    }

    /// The proof that the tree of size `new` extends that of size `old`, which is not 0.
    ///
    /// # Errors
    /// As [`Self::root_at`].
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        self.within_size("size", new)?;
        if old > new {
            return Err(self.past_end("size", old, new));
        }
        let proof = tree::consistency_proof(&self.nodes(new), old, new);
        proof.map_err(|e| self.unprovable(e))
    }

    /// The complete-subtree nodes of the first `size` leaves, read from tiles.
    pub fn nodes(&self, size: u64) -> TileNodes<impl Fn(TileId) -> Result<Vec<u8>, Error> + '_> {
        TileNodes::new(size, |id: TileId| {
            let tile = self.tile(id.level, id.index)?;
            tile.ok_or_else(|| self.corrupt(format!("{id} is missing")))
        })
    }

    /// The hashes of a tile as they are stored, where it is there.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.get(TILES, &tile_key(level, index))
    }

    pub(super) fn load_edge(&self, size: u64) -> Result<(Frontier, Edge), Error> {
        let mut partials = Vec::new();
        let mut width = size;
        for level in 0u8.. {
            if width == 0 {
                break;
            }
            let index = width / TILE_WIDTH;
            let partial = match width % TILE_WIDTH {
                0 => Vec::new(),
                hashes => self.partial_tile(level, index, hashes)?,
            };
            partials.push((index, partial));
            width /= TILE_WIDTH;
        }
        let frontier = Frontier::read(&self.nodes(size), size).map_err(|e| self.unprovable(e))?;
        Ok((frontier, Edge::from_partials(partials)))
    }

    fn partial_tile(&self, level: u8, index: u64, hashes: u64) -> Result<Vec<u8>, Error> {
        let tile = self.tile(level, index)?.unwrap_or_default();
        if tile.len() as u64 == hashes * 32 {
            return Ok(tile);
        }
        Err(self.corrupt(format!(
            "tile {level}/{index} has {} bytes where {hashes} hashes belong",
            tile.len()
        )))
    }

    pub(super) fn check_against_tiles(&self, state: &State) -> Result<(), Error> {
        let (frontier, _) = self.load_edge(state.size)?;
        if frontier.root() == state.root {
            return Ok(());
        }
        Err(self.corrupt(format!(
            "the tiles don't give the recorded root at size {}",
            state.size
        )))
    }

    fn unreadable(&self, error: NodesError<Error>) -> Error {
        match error {
            NodesError::Read { source, .. } => source,
            other => self.corrupt(other.to_string()),
        }
    }

    fn unprovable(&self, error: ProveError<NodesError<Error>>) -> Error {
        match error {
            ProveError::Nodes(error) => self.unreadable(error),
            ProveError::NoSuchProof(error) => self.corrupt(error.to_string()),
        }
    }
}
