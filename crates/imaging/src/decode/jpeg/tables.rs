//! What segments set for the scans after them: quantization, Huffman tables, restart interval
//! (T.81 B.2.4).

use super::huffman::HuffmanTable;
use super::marker::Marker;
use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// Destinations for tables of each kind (T.81 B.2.4.1: 0 to 3).
const DESTINATIONS: usize = 4;
/// Coefficients of a block.
const COEFFICIENTS: usize = 64;

/// The tables in force.
#[derive(Debug, Default)]
pub(super) struct Tables {
    dc_steps: [Option<u16>; DESTINATIONS],
    dc_huffman: [Option<HuffmanTable>; DESTINATIONS],
    ac_huffman: [Option<HuffmanTable>; DESTINATIONS],
    /// MCUs between restart markers; 0 for none.
    restart_interval: u16,
}

impl Tables {
    pub(super) fn read(&mut self, marker: Marker, payload: &[u8]) -> Result<(), InspectError> {
        match marker {
            Marker::DQT => self.read_quantization(payload),
            Marker::DHT => self.read_huffman(payload),
            Marker::DRI => {
                self.restart_interval = ByteReader::new(payload).u16_be()?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) const fn restart_interval(&self) -> u16 {
        self.restart_interval
    }

    /// The quantization step of the DC coefficient.
    pub(super) fn dc_step(&self, destination: u8) -> Result<u16, Defect> {
        find(&self.dc_steps, destination)
            .copied()
            .ok_or(Defect("a quantization table is missing"))
    }

    pub(super) fn dc_huffman(&self, destination: u8) -> Result<&HuffmanTable, Defect> {
        find(&self.dc_huffman, destination).ok_or(Defect("a DC Huffman table is missing"))
    }

    pub(super) fn ac_huffman(&self, destination: u8) -> Result<&HuffmanTable, Defect> {
        find(&self.ac_huffman, destination).ok_or(Defect("an AC Huffman table is missing"))
    }

    /// T.81 B.2.4.1. Of each table only the first element, the DC coefficient's, is of use here.
    fn read_quantization(&mut self, payload: &[u8]) -> Result<(), InspectError> {
        let mut bytes = ByteReader::new(payload);
        while !bytes.is_at_end() {
            let precision_and_destination = bytes.u8()?;
            let slot = self
                .dc_steps
                .get_mut(usize::from(precision_and_destination & 15))
                .ok_or(Defect("a quantization table of an unknown destination"))?;
            let step = match precision_and_destination >> 4 {
                0 => u16::from(bytes.take_array::<COEFFICIENTS>()?[0]),
                1 => {
                    let table = bytes.take_array::<{ 2 * COEFFICIENTS }>()?;
                    u16::from_be_bytes([table[0], table[1]])
                }
                _ => return Err(Defect("a quantization table of unknown precision").into()),
            };
            *slot = Some(step);
        }
        Ok(())
    }

    /// T.81 B.2.4.2.
    fn read_huffman(&mut self, payload: &[u8]) -> Result<(), InspectError> {
        let mut bytes = ByteReader::new(payload);
        while !bytes.is_at_end() {
            let class_and_destination = bytes.u8()?;
            let class = match class_and_destination >> 4 {
                0 => &mut self.dc_huffman,
                1 => &mut self.ac_huffman,
                _ => return Err(Defect("a Huffman table of an unknown class").into()),
            };
            let slot = class
                .get_mut(usize::from(class_and_destination & 15))
                .ok_or(Defect("a Huffman table of an unknown destination"))?;
            let counts = bytes.take_array::<16>()?;
            let symbols = counts.iter().map(|count| usize::from(*count)).sum();
            *slot = Some(HuffmanTable::new(counts, bytes.take(symbols)?)?);
        }
        Ok(())
    }
}

fn find<T>(tables: &[Option<T>; DESTINATIONS], destination: u8) -> Option<&T> {
    tables.get(usize::from(destination))?.as_ref()
}
