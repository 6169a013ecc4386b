//! Any filter, order and page size gives what a naive filter of the whole library gives.

use shoebox_tests::Shoebox;
use shoebox_tests::shoebox::ids;

use super::library::{Filter, Known, Numbers, Writer};

const IMAGES: usize = 300;
const QUERIES: usize = 250;

#[tokio::test]
async fn every_filter_order_and_page_size_gives_what_a_naive_filter_gives() {
    let shoebox = Shoebox::with(&[]).await;
    let writer = Writer::of(&shoebox);
    let mut numbers = Numbers(0x5EED);
    let mut library = Vec::new();
    for _ in 0..IMAGES {
        library.push(writer.write(&mut numbers).await);
    }
    let mut shown = 0;
    for _ in 0..QUERIES {
        let filter = Filter::random(&mut numbers);
        let limit = [1, 2, 7, 20, 100][numbers.below(5)];
        shown += compare(&shoebox, &library, &filter, limit).await;
    }
    assert!(
        shown > QUERIES,
        "the filters were too narrow to tell anything: {shown}"
    );
    // What is not filtered at all, in pages of one.
    compare(&shoebox, &library, &Filter::default(), 1).await;
}

/// Pages through a list and compares it with the naive one; gives how many images there were.
async fn compare(shoebox: &Shoebox, library: &[Known], filter: &Filter, limit: usize) -> usize {
    let expected: Vec<_> = filter
        .of(library)
        .iter()
        .map(|known| known.id.clone())
        .collect();
    let first = format!("{}&limit={limit}", filter.query());
    let (mut listed, mut query) = (Vec::new(), first.clone());
    loop {
        let page = shoebox.list_page(&query).await;
        let page_ids = ids(&page);
        assert!(page_ids.len() <= limit, "{first}");
        let is_full = page_ids.len() == limit;
        listed.extend(page_ids);
        let Some(key) = page["last_key"].as_str() else {
            break;
        };
        assert!(is_full || !filter.is_one_listing(), "a short page: {first}");
        assert!(listed.len() <= expected.len(), "{first}");
        query = format!("{first}&last_key={key}");
    }
    assert_eq!(listed, expected, "{first}");
    listed.len()
}
