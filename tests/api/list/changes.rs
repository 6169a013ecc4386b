//! Paging while the library changes: nothing that stays is skipped, nothing is shown twice, nothing that is
//! gone is shown.

use std::collections::BTreeSet;

use shoebox_tests::Shoebox;
use shoebox_tests::shoebox::ids;

use super::library::{Filter, Known, Numbers, Writer};

const IMAGES: usize = 120;
const ROUNDS: usize = 12;

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_images_come_and_go() {
    let shoebox = Shoebox::with(&[]).await;
    let writer = Writer::of(&shoebox);
    let mut numbers = Numbers(0xC0DE);
    let mut library = Vec::new();
    for _ in 0..IMAGES {
        library.push(writer.write(&mut numbers).await);
    }
    for round in 0..ROUNDS {
        let filter = Filter {
            // Wide enough for several pages.
            category: None,
            from: None,
            to: None,
            ..Filter::random(&mut numbers)
        };
        page_through(
            &shoebox,
            &writer,
            &mut numbers,
            &mut library,
            &filter,
            round,
        )
        .await;
    }
}

async fn page_through(
    shoebox: &Shoebox,
    writer: &Writer,
    numbers: &mut Numbers,
    library: &mut Vec<Known>,
    filter: &Filter,
    round: usize,
) {
    let names = |known: Vec<&Known>| -> Vec<String> {
        known.iter().map(|known| known.id.clone()).collect()
    };
    let from_the_start: BTreeSet<String> = names(filter.of(library)).into_iter().collect();
    let first = format!("{}&limit=5", filter.query());
    let (mut listed, mut query) = (Vec::new(), first.clone());
    loop {
        let page = shoebox.list_page(&query).await;
        let present: BTreeSet<String> = names(filter.of(library)).into_iter().collect();
        for id in ids(&page) {
            assert!(
                present.contains(&id),
                "round {round}: {id} is gone or does not match"
            );
            listed.push(id);
        }
        let Some(key) = page["last_key"].as_str() else {
            break;
        };
        query = format!("{first}&last_key={key}");
        for _ in 0..2 {
            library.push(writer.write(numbers).await);
            let gone = library.swap_remove(numbers.below(library.len()));
            let deleted = shoebox.delete(&format!("/images/{}", gone.id));
            assert_eq!(deleted.send().await.status, 200);
        }
    }
    let once: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(
        once.len(),
        listed.len(),
        "round {round}: an image was shown twice"
    );
    let still_there = names(filter.of(library));
    let stayed = still_there.iter().filter(|id| from_the_start.contains(*id));
    for id in stayed {
        assert!(
            once.contains(id),
            "round {round}: {id} was skipped by {first}"
        );
    }
}
