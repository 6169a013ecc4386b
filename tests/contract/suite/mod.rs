//! The checks, each a sentence about a store.

mod objects;
mod rows;
mod service;
mod signed;
mod transactions;

use std::pin::Pin;

use crate::place::Place;

/// A check at a place. It panics where the sentence does not hold.
pub(crate) type Check = fn(Place) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! checks {
    ($($module:ident: $($check:ident),+;)+) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($check)),
            |place| Box::pin(async move { $module::$check(&place).await }),
        )),+),+]
    };
}

/// Every check under its name.
pub(crate) const CHECKS: &[(&str, Check)] = checks! {
    objects:
        of_many_conditional_puts_at_once_one_wins,
        a_second_conditional_put_is_refused_and_changes_nothing,
        bytes_that_differ_from_their_checksum_are_refused_and_leave_nothing,
        a_missing_object_is_told_from_a_failing_store,
        a_range_of_an_object_is_read_alone,
        keys_are_removed_together_whether_or_not_they_are_there,
        an_object_is_read_and_listed_right_after_its_put_and_not_after_its_delete,
        a_listing_goes_on_where_its_page_ended,
        keys_keep_every_character;
    signed:
        a_signed_put_works_once,
        a_signed_put_takes_nothing_but_what_was_signed,
        a_signed_url_ends,
        a_signed_put_cannot_be_turned_to_another_key,
        a_signed_get_answers_with_the_headers_that_it_names;
    rows:
        of_many_conditional_puts_of_a_row_one_wins_and_the_others_see_it,
        an_update_is_refused_by_its_condition,
        a_query_sees_a_row_right_after_it_was_written,
        a_query_pages_in_both_orders_from_any_position,
        a_query_ends_at_both_bounds,
        only_rows_with_the_attributes_are_in_the_sparse_index,
        a_hundred_rows_are_read_at_once,
        the_table_expires_rows_by_their_attribute;
    transactions:
        a_hundred_writes_are_made_together,
        a_refused_transaction_says_which_condition_failed_and_writes_nothing,
        of_transactions_at_once_on_one_row_one_wins;
    service:
        an_image_is_uploaded_listed_read_changed_and_deleted,
        an_idempotency_key_makes_one_image,
        a_direct_upload_is_shown_once_its_bytes_are_there,
        bytes_that_were_not_declared_are_refused_and_removed,
        lists_page_through_all_images_in_both_orders,
        the_sweeper_settles_what_is_due_and_the_audit_finds_nothing;
};
