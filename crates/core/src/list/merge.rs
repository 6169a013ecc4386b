//! Several listings read as one, in order, each row once.

use std::collections::VecDeque;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::ListQuery;
use crate::Error;
use crate::repo::{Facet, Images, KeyRange, ListingQuery, ListingRow, Position, Scope, partition};

/// How many rows of each listing are read to see which of several filters is the sparsest.
const PROBE_ROWS: usize = 25;
/// The fewest rows that one Query asks for: rows have up to 1 KB, and a read unit is 4 KB.
const MIN_CHUNK_ROWS: usize = 4;
/// The most Queries of one request that are under way at once: 20 tags in 8 shards are 160.
const MAX_CONCURRENT_QUERIES: usize = 32;
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
    /// Whether its beginning shows how dense its filter is. Of the public feed one shard does for all: images
    /// are spread over them by chance.
    is_sample: bool,
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
            is_sample: matches!(scope, Scope::User(..) | Scope::Feed(0)),
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
            count => (2 * wanted).div_ceil(count).max(MIN_CHUNK_ROWS),
        };
        Self {
            sources,
            newest_first: query.newest_first,
            chunk,
            searching: false,
        }
    }

    /// How many rows have been read and not been taken.
    pub(super) fn waiting(&self) -> usize {
        self.sources.iter().map(|source| source.buffer.len()).sum()
    }

    /// Reads enough of the beginning of each to compare their [`Merge::density`].
    pub(super) async fn probe(merges: &mut [Self], images: &Images) -> Result<(), Error> {
        let mut reads = Vec::new();
        for merge in merges {
            let share = PROBE_ROWS.div_ceil(merge.sources.len());
            let chunk = share.max(MIN_CHUNK_ROWS);
            (merge.chunk, merge.searching) = (2 * chunk, true);
            let newest_first = merge.newest_first;
            let samples = merge.sources.iter_mut().filter(|source| source.is_sample);
            reads.extend(samples.map(|source| source.read(images, newest_first, chunk)));
        }
        at_once(reads).await
    }

    /// Sorts merges by how few candidates they hold, as far as has been read: those read to their end first, by
    /// their rows; then those whose rows reach furthest into the past or, oldest first, the future.
    pub(super) fn density(&self) -> (bool, usize, i64) {
        let samples = || self.sources.iter().filter(|source| source.is_sample);
        let ended = samples().all(|source| source.ended);
        let rows = samples().map(|source| source.buffer.len()).sum();
        let open = samples().filter(|source| !source.ended);
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

    /// The next row in order, if there is one; a row that stands in several of the listings comes once, and read if
    /// one of them can be. What is read ahead keeps to the number of rows that will be taken at most.
    pub(super) async fn next(
        &mut self,
        images: &Images,
        wanted: usize,
    ) -> Result<Option<ListingRow>, Error> {
        let dry = self.sources.iter().filter(|source| source.is_dry()).count();
        if let Some(share) = wanted.checked_div(dry) {
            self.chunk = self.chunk.min(share.max(MIN_CHUNK_ROWS));
            self.fill(images).await?;
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
        let mut next: Option<ListingRow> = None;
        for source in &mut self.sources {
            let row = source
                .buffer
                .pop_front_if(|row| Some(row.position) == first);
            if next.as_ref().is_none_or(|next| next.listed.is_none()) {
                next = row.or(next);
            }
        }
        Ok(next)
    }

    /// Reads on in every listing whose buffer is empty.
    async fn fill(&mut self, images: &Images) -> Result<(), Error> {
        let (chunk, newest_first) = (self.chunk, self.newest_first);
        let dry = self.sources.iter_mut().filter(|source| source.is_dry());
        let reads = dry.map(|source| source.read(images, newest_first, chunk));
        at_once(reads.collect()).await?;
        if self.searching {
            self.chunk = (self.chunk * 2).min(MAX_CHUNK_ROWS);
        }
        Ok(())
    }
}

/// Runs reads, [`MAX_CONCURRENT_QUERIES`] at a time.
async fn at_once<F>(reads: Vec<F>) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    let reads = stream::iter(reads).buffer_unordered(MAX_CONCURRENT_QUERIES);
    reads.try_collect().await
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
    ) -> Result<(), Error> {
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
        Ok(())
    }
}
