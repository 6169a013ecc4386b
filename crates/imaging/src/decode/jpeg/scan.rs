//! A scan: its header, and the order of its blocks (T.81 B.2.3, A.2 and E.2.4).

use super::ac::{AcFirst, AcRefinement, SequentialBlocks};
use super::bits::BitReader;
use super::dc::{DcFirst, DcRefinement};
use super::frame::{Frame, Plane};
use super::marker::Coding;
use super::tables::Tables;
use crate::InspectError;
use crate::bytes::ByteReader;
use crate::error::Defect;

/// Most blocks of an MCU in an interleaved scan (T.81 B.2.3).
const MAX_BLOCKS_PER_MCU: u32 = 10;

/// Decodes one block after another in the way of one kind of scan.
pub(super) trait BlockDecoder {
    /// Forgets what it knows from earlier blocks (T.81 F.2.1.3.1, G.1.2.2).
    fn restart(&mut self);

    /// Decodes one block; `component` is its place in the scan header.
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        component: usize,
        plane: &mut Plane,
        block: usize,
    ) -> Result<(), Defect>;
}

/// A component of a scan.
#[derive(Debug, Clone, Copy)]
struct ScanComponent {
    /// Its place in the frame.
    index: usize,
    dc_table: u8,
    ac_table: u8,
}

/// What a scan header says (T.81 B.2.3).
#[derive(Debug)]
struct ScanHeader {
    components: Vec<ScanComponent>,
    /// First and last coefficient, in zigzag order.
    spectral_start: u8,
    spectral_end: u8,
    /// Bit position of the scan before this one for the same coefficients, 0 for none, and of this.
    previous_bit: u8,
    bit: u8,
}

/// Decodes the scan whose header is `payload` and whose entropy-coded data starts `data`. Returns how
/// many bytes of it the scan has taken.
pub(super) fn decode(
    frame: &mut Frame,
    tables: &Tables,
    payload: &[u8],
    data: &[u8],
) -> Result<usize, InspectError> {
    let header = ScanHeader::parse(frame, payload)?;
    for scanned in &header.components {
        let component = &mut frame.components[scanned.index];
        if header.brings_dc(frame.coding) {
            component.dc_step = Some(tables.dc_step(component.quantization)?);
        } else if component.dc_step.is_none() {
            // T.81 G.1.1.1.1: the first scan of a component holds its DC coefficients.
            return Err(Defect("a scan that refines what no scan has brought").into());
        }
    }

    let mut bits = BitReader::new(data);
    let mut walk = Walk {
        frame,
        components: &header.components,
        restart_interval: tables.restart_interval(),
    };
    let dc_tables = || {
        let tables = header
            .components
            .iter()
            .map(|c| tables.dc_huffman(c.dc_table));
        tables.collect::<Result<Vec<_>, _>>()
    };
    let ac_tables = || {
        let tables = header
            .components
            .iter()
            .map(|c| tables.ac_huffman(c.ac_table));
        tables.collect::<Result<Vec<_>, _>>()
    };
    let band = header.spectral_start..=header.spectral_end;
    match (
        walk.frame.coding,
        header.spectral_start,
        header.previous_bit,
    ) {
        (Coding::Sequential, ..) => {
            walk.run(&mut bits, SequentialBlocks::new(dc_tables()?, ac_tables()?))?;
        }
        (Coding::Progressive, 0, 0) => {
            walk.run(&mut bits, DcFirst::new(dc_tables()?, header.bit))?;
        }
        (Coding::Progressive, 0, _) => walk.run(&mut bits, DcRefinement::new(header.bit))?,
        (Coding::Progressive, _, 0) => {
            walk.run(&mut bits, AcFirst::new(&ac_tables()?, band)?)?;
        }
        (Coding::Progressive, ..) => {
            walk.run(&mut bits, AcRefinement::new(&ac_tables()?, band)?)?;
        }
    }
    Ok(bits.position())
}

impl ScanHeader {
    fn parse(frame: &Frame, payload: &[u8]) -> Result<Self, InspectError> {
        let mut bytes = ByteReader::new(payload);
        let count = usize::from(bytes.u8()?);
        if !(1..=frame.components.len()).contains(&count) {
            return Err(Defect("a scan of no component or of too many").into());
        }
        let mut components: Vec<ScanComponent> = Vec::with_capacity(count);
        for _ in 0..count {
            let [id, tables] = bytes.take_array()?;
            let index = frame
                .components
                .iter()
                .enumerate()
                .position(|(index, component)| {
                    component.id == id && components.iter().all(|known| known.index != index)
                })
                .ok_or(Defect("a scan of an unknown component"))?;
            components.push(ScanComponent {
                index,
                dc_table: tables >> 4,
                ac_table: tables & 15,
            });
        }
        let [spectral_start, spectral_end, approximation] = bytes.take_array()?;
        let header = Self {
            components,
            spectral_start,
            spectral_end,
            previous_bit: approximation >> 4,
            bit: approximation & 15,
        };
        header.check(frame)?;
        Ok(header)
    }

    /// Whether the scan is the first to hold DC coefficients of its components.
    fn brings_dc(&self, coding: Coding) -> bool {
        match coding {
            Coding::Sequential => true,
            Coding::Progressive => self.spectral_start == 0 && self.previous_bit == 0,
        }
    }

    fn check(&self, frame: &Frame) -> Result<(), Defect> {
        let blocks = self.components.iter().map(|scanned| {
            let component = &frame.components[scanned.index];
            component.horizontal * component.vertical
        });
        if self.components.len() > 1 && blocks.sum::<u32>() > MAX_BLOCKS_PER_MCU {
            return Err(Defect("an MCU of more than ten blocks"));
        }
        // A sequential scan holds all coefficients, whatever its header says; some encoders write
        // zeros there.
        if frame.coding == Coding::Sequential {
            return Ok(());
        }
        // T.81 G.1.1.1.1 and table B.3.
        let band_is_sound = match self.spectral_start {
            0 => self.spectral_end == 0,
            1..=63 => {
                (self.spectral_start..=63).contains(&self.spectral_end)
                    && self.components.len() == 1
            }
            _ => false,
        };
        let bits_are_sound =
            self.bit <= 13 && (self.previous_bit == 0 || self.previous_bit == self.bit + 1);
        if band_is_sound && bits_are_sound {
            Ok(())
        } else {
            Err(Defect("a progressive scan of impossible coefficients"))
        }
    }
}

/// The way over the blocks of a scan.
struct Walk<'a> {
    frame: &'a mut Frame,
    components: &'a [ScanComponent],
    restart_interval: u16,
}

impl Walk<'_> {
    fn run(
        &mut self,
        bits: &mut BitReader<'_>,
        decoder: impl BlockDecoder,
    ) -> Result<(), InspectError> {
        if let [only] = self.components {
            self.run_single(*only, bits, decoder)
        } else {
            self.run_interleaved(bits, decoder)
        }
    }

    /// A scan of one component: an MCU is one block, and no block is there to fill up (T.81 A.2.2).
    fn run_single(
        &mut self,
        scanned: ScanComponent,
        bits: &mut BitReader<'_>,
        mut decoder: impl BlockDecoder,
    ) -> Result<(), InspectError> {
        let component = &mut self.frame.components[scanned.index];
        let plane = &mut component.plane;
        let mut restarts = Restarts::new(self.restart_interval);
        for row in 0..component.block_rows {
            let first = row as usize * plane.stride as usize;
            for block in first..first + component.blocks_per_row as usize {
                restarts.before_mcu(bits, &mut decoder)?;
                decoder
                    .decode(bits, 0, plane, block)
                    .map_err(|defect| blame(bits, defect))?;
            }
            bits.check()?;
        }
        Ok(())
    }

    /// A scan of several components: an MCU has as many blocks of each as its sampling factors say
    /// (T.81 A.2.3).
    fn run_interleaved(
        &mut self,
        bits: &mut BitReader<'_>,
        mut decoder: impl BlockDecoder,
    ) -> Result<(), InspectError> {
        let mut restarts = Restarts::new(self.restart_interval);
        for mcu_row in 0..self.frame.mcu_rows {
            for mcu in 0..self.frame.mcus_per_row {
                restarts.before_mcu(bits, &mut decoder)?;
                for (place, scanned) in self.components.iter().enumerate() {
                    let component = &mut self.frame.components[scanned.index];
                    let (across, down) = (component.horizontal, component.vertical);
                    let plane = &mut component.plane;
                    for row in mcu_row * down..(mcu_row + 1) * down {
                        let first = row as usize * plane.stride as usize + (mcu * across) as usize;
                        for block in first..first + across as usize {
                            decoder
                                .decode(bits, place, plane, block)
                                .map_err(|defect| blame(bits, defect))?;
                        }
                    }
                }
            }
            bits.check()?;
        }
        Ok(())
    }
}

/// Codes decoded from beyond the end are wrong sooner or later: then the end is the cause.
#[cold]
fn blame(bits: &BitReader<'_>, defect: Defect) -> InspectError {
    bits.check().err().unwrap_or_else(|| defect.into())
}

/// Restart markers: one after each so many MCUs, but the last (T.81 E.1.4).
struct Restarts {
    interval: u32,
    mcus_left: u32,
    next_number: u8,
}

impl Restarts {
    fn new(interval: u16) -> Self {
        Self {
            interval: interval.into(),
            mcus_left: interval.into(),
            next_number: 0,
        }
    }

    #[inline]
    fn before_mcu(
        &mut self,
        bits: &mut BitReader<'_>,
        decoder: &mut impl BlockDecoder,
    ) -> Result<(), InspectError> {
        if self.interval == 0 {
            return Ok(());
        }
        if self.mcus_left == 0 {
            bits.restart(self.next_number)?;
            decoder.restart();
            self.next_number = (self.next_number + 1) % 8;
            self.mcus_left = self.interval;
        }
        self.mcus_left -= 1;
        Ok(())
    }
}
