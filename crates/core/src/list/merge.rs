//! Several listings read as one, in order, each row once.

use std::collections::VecDeque;

use futures_util::future::try_join_all;

use super::ListQuery;
use crate::Error;
use crate::repo::{Facet, Images, KeyRange, ListingQuery, ListingRow, Position, Scope, partition};

/// How many rows of each listing are read to see which of several filters is the sparsest.
const PROBE_ROWS: usize = 25;
/// The most rows that one Query of a long search asks for.
const MAX_CHUNK_ROWS: usize = 250;

/// One listing and what has been read of it.
#[derive(Debug)]
struct Source {
    partition: String,
    range: KeyRange,
    /// Where the next Query goes on.
    after: Option<Position>,
    buffer: VecDeque<ListingRow>,
    /// The listing has nothing beyond the buffer.
    ended: bool,
}

/// The next row of a merge.
#[derive(Debug)]
pub(super) enum Next {
    /// The row.
    Row(Box<ListingRow>),
    /// There are no more.
    End,
    /// Reading on would examine more rows than the request may.
    OutOfBudget,
}

/// Listings merged by position.
#[derive(Debug)]
pub(super) struct Merge {
    sources: Vec<Source>,
    newest_first: bool,
    /// How many rows the next Query of a source asks for.
    chunk: usize,
    /// Rows may be passed over, so chunks grow.
    searching: bool,
    examined: usize,
}

impl Merge {
    /// The listings of every scope and facet, within a range.
    pub(super) fn new(
        scopes: &[Scope],
        facets: &[Facet],
        range: &KeyRange,
        after: Option<Position>,
        query: &ListQuery,
    ) -> Self {
        let source = |scope, facet| Source {
            partition: partition(scope, facet),
            range: range.clone(),
            after,
            buffer: VecDeque::new(),
            ended: false,
        };
        let pairs = scopes
            .iter()
            .flat_map(|scope| facets.iter().map(move |facet| (scope, facet)));
        let sources: Vec<Source> = pairs.map(|(scope, facet)| source(scope, facet)).collect();
        // One row more than the page shows whether another follows. Of many listings each holds a share of the
        // page, so each is asked for twice that, and again where it holds more.
        let wanted = query.limit + 1;
        let chunk = match sources.len() {
            0..=2 => wanted,
            count => (2 * wanted).div_ceil(count),
        };
        Self {
            sources,
            newest_first: query.newest_first,
            chunk,
            searching: false,
            examined: 0,
        }
    }

    /// How many rows have been read.
    pub(super) fn examined(&self) -> usize {
        self.examined
    }

    /// Reads the beginning of every listing.
    pub(super) async fn probe(&mut self, images: &Images) -> Result<(), Error> {
        self.chunk = PROBE_ROWS.div_ceil(self.sources.len());
        self.searching = true;
        self.fill(images).await
    }

    /// Sorts merges by how few candidates they hold, as far as has been read: those read to their end first, by
    /// their rows; then those whose rows reach furthest into the past or, oldest first, the future.
    pub(super) fn density(&self) -> (bool, usize, i64) {
        let ended = self.sources.iter().all(|source| source.ended);
        let rows = self.sources.iter().map(|source| source.buffer.len()).sum();
        let open = self.sources.iter().filter(|source| !source.ended);
        let ends = open.filter_map(|source| source.buffer.back());
        let ends = ends.map(|row| row.position.created_at.timestamp_millis());
        let reach = if self.newest_first {
            ends.max()
        } else {
            ends.min().map(|millis| -millis)
        };
        (
            !ended,
            if ended { rows } else { 0 },
            reach.unwrap_or(i64::MAX),
        )
    }

    /// The next row in order; a row that stands in several of the listings comes once.
    pub(super) async fn next(&mut self, images: &Images, budget: usize) -> Result<Next, Error> {
        let dry = self.sources.iter().filter(|source| source.is_dry()).count();
        match budget.saturating_sub(self.examined).checked_div(dry) {
            None => {}
            Some(0) => return Ok(Next::OutOfBudget),
            Some(left) => {
                self.chunk = self.chunk.min(left);
                self.fill(images).await?;
            }
        }
        let heads = self
            .sources
            .iter()
            .filter_map(|source| source.buffer.front());
        let heads = heads.map(|row| row.position);
        let first = if self.newest_first {
            heads.max()
        } else {
            heads.min()
        };
        let Some(first) = first else {
            return Ok(Next::End);
        };
        let mut next = None;
        for source in &mut self.sources {
            if source
                .buffer
                .front()
                .is_some_and(|row| row.position == first)
            {
                next = source.buffer.pop_front();
            }
        }
        Ok(next.map_or(Next::End, |row| Next::Row(Box::new(row))))
    }

    /// Reads on in every listing whose buffer is empty, at once.
    async fn fill(&mut self, images: &Images) -> Result<(), Error> {
        let (chunk, newest_first) = (self.chunk, self.newest_first);
        let dry = self.sources.iter_mut().filter(|source| source.is_dry());
        let read = try_join_all(dry.map(|source| source.read(images, newest_first, chunk))).await?;
        self.examined += read.into_iter().sum::<usize>();
        if self.searching {
            self.chunk = (self.chunk * 2).min(MAX_CHUNK_ROWS);
        }
        Ok(())
    }
}

impl Source {
    fn is_dry(&self) -> bool {
        self.buffer.is_empty() && !self.ended
    }

    async fn read(
        &mut self,
        images: &Images,
        newest_first: bool,
        limit: usize,
    ) -> Result<usize, Error> {
        let query = ListingQuery {
            partition: &self.partition,
            range: &self.range,
            after: self.after,
            newest_first,
            limit,
        };
        let (rows, more) = images.query(query).await?;
        self.ended = !more;
        self.after = rows.last().map(|row| row.position).or(self.after);
        self.buffer = rows.into();
        Ok(self.buffer.len())
    }
}
