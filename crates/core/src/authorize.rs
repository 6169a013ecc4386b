//! Who may do what: pure decisions, the only ones in the service.

use crate::{Error, Image, UserId, Visibility};

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody is checked (`AUTH_MODE=none`): the name is whatever the client says, if it says any.
    Unverified(Option<UserId>),
    /// A user whose credentials were verified.
    User(UserId),
}

impl Caller {
    /// The caller's name, where there is one.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::Unverified(user) => user.as_ref(),
            Self::User(user) => Some(user),
        }
    }
}

/// What a caller wants to do to one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read its metadata or bytes.
    Read,
    /// Change or remove it.
    Change,
}

/// How much of an image a caller is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Everything: also where it is stored and where it was taken.
    Owner,
    /// What anyone may know.
    Public,
}

/// Decides whether the caller may act on the image. A private image of someone else does not exist for a
/// verified caller.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`].
pub fn authorize(caller: &Caller, action: Action, image: &Image) -> Result<(), Error> {
    authorize_owned(caller, action, &image.user_id, image.visibility)
}

/// As [`authorize`], where only owner and visibility are at hand.
pub(crate) fn authorize_owned(
    caller: &Caller,
    action: Action,
    owner: &UserId,
    visibility: Visibility,
) -> Result<(), Error> {
    match (caller, action, visibility) {
        (Caller::Unverified(_), Action::Read, _)
        | (Caller::Unverified(None), Action::Change, _) => Ok(()),
        (Caller::Unverified(Some(user)) | Caller::User(user), _, _) if user == owner => Ok(()),
        (Caller::User(_), Action::Read, Visibility::Public) => Ok(()),
        (Caller::Unverified(Some(_)), Action::Change, _)
        | (Caller::User(_), Action::Change, Visibility::Public) => Err(Error::Forbidden),
        (Caller::User(_), Action::Read | Action::Change, Visibility::Private) => {
            Err(Error::NotFound)
        }
    }
}

/// How much of the image the caller is shown. Under `AUTH_MODE=none` the owner is whoever says so.
#[must_use]
pub fn view(caller: &Caller, image: &Image) -> View {
    if caller.user_id() == Some(&image.user_id) {
        View::Owner
    } else {
        View::Public
    }
}

/// Which of a user's images the caller may list, given the visibility asked for.
///
/// # Errors
/// [`Error::Forbidden`] where private images of someone else were asked for.
pub(crate) fn listable(
    caller: &Caller,
    owner: &UserId,
    asked: Option<Visibility>,
) -> Result<Vec<Visibility>, Error> {
    let sees_all = match caller {
        Caller::Unverified(_) => true,
        Caller::User(user) => user == owner,
    };
    match (asked, sees_all) {
        (Some(visibility), true) => Ok(vec![visibility]),
        (None, true) => Ok(Visibility::ALL.to_vec()),
        (Some(Visibility::Public) | None, false) => Ok(vec![Visibility::Public]),
        (Some(Visibility::Private), false) => Err(Error::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    #[test]
    fn each_caller_action_and_visibility_has_its_answer() {
        let ann = user("ann");
        let decide = |caller: &Caller, action, visibility| match authorize_owned(
            caller, action, &ann, visibility,
        ) {
            Ok(()) => "ok",
            Err(Error::Forbidden) => "403",
            Err(Error::NotFound) => "404",
            Err(other) => panic!("{other}"),
        };
        let cases = [
            (Caller::Unverified(None), ["ok", "ok", "ok", "ok"]),
            (
                Caller::Unverified(Some(user("ann"))),
                ["ok", "ok", "ok", "ok"],
            ),
            (
                Caller::Unverified(Some(user("bob"))),
                ["ok", "ok", "403", "403"],
            ),
            (Caller::User(user("ann")), ["ok", "ok", "ok", "ok"]),
            (Caller::User(user("bob")), ["404", "ok", "404", "403"]),
        ];
        for (caller, expected) in cases {
            let found = [
                decide(&caller, Action::Read, Visibility::Private),
                decide(&caller, Action::Read, Visibility::Public),
                decide(&caller, Action::Change, Visibility::Private),
                decide(&caller, Action::Change, Visibility::Public),
            ];
            assert_eq!(found, expected, "{caller:?}");
        }
    }

    #[test]
    fn a_verified_caller_lists_only_public_images_of_others() {
        let (ann, bob) = (user("ann"), Caller::User(user("bob")));
        assert_eq!(listable(&bob, &ann, None).unwrap(), [Visibility::Public]);
        let refused = listable(&bob, &ann, Some(Visibility::Private));
        assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
        assert_eq!(listable(&bob, &user("bob"), None).unwrap(), Visibility::ALL);
    }
}
