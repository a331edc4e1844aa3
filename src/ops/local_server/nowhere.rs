//! Where there is no Unix there is no local server: the same functions, none of which is ever reached.

use super::Error;
use super::folder::Folder;
use super::installation::Installation;

pub(super) fn our_process(_folder: &Folder) -> Result<Option<u32>, Error> {
    Err(Error::Unsupported)
}

pub(super) fn is_our_server(_pid: u32, _folder: &Folder) -> Result<bool, Error> {
    Err(Error::Unsupported)
}

pub(super) fn answers(_folder: &Folder, _port: u16) -> Result<bool, Error> {
    Err(Error::Unsupported)
}

pub(super) fn choose_port(_kept: Option<u16>) -> Result<u16, Error> {
    Err(Error::Unsupported)
}

pub(super) fn launch(_folder: &Folder, _installation: &Installation<'_>, _port: u16) -> Result<u32, Error> {
    Err(Error::Unsupported)
}

pub(super) fn end(_pid: u32, _folder: &Folder) -> Result<(), Error> {
    Err(Error::Unsupported)
}
