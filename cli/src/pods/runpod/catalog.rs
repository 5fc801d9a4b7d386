//! The graphics cards that a pod may have, in the order in which they are asked for.

use reqwest::Url;

use super::api::Api;
use super::schema::{GpuList, GpuType};
use crate::error::{Error, Result};
use crate::settings::RunPod;
use crate::text::clean;

const NO_STOCK: &str = "NONE";

/// A kind of graphics card, with what the catalog says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub id: String,
    /// US dollars an hour for all cards of the pod.
    pub cost: Option<f64>,
    /// Stock, in the catalog's word.
    pub stock: Option<String>,
}

impl Candidate {
    fn is_in_stock(&self) -> bool {
        self.stock.as_deref() != Some(NO_STOCK)
    }
}

/// The candidates: those in stock first, and in the order of the settings.
///
/// The catalog is only advice: without it, the order of the settings remains.
///
/// # Errors
/// The catalog does not know any of the graphics cards.
pub async fn candidates(api: &Api, settings: &RunPod) -> Result<Vec<Candidate>> {
    let Some(gpu) = &settings.gpu else {
        return Ok(Vec::new());
    };
    let mut query = vec![
        ("include", "AVAILABILITY".to_owned()),
        ("product", "POD".to_owned()),
        ("count", gpu.count().to_string()),
    ];
    query.extend(settings.cloud.clone().map(|cloud| ("cloud", cloud)));
    query.extend(gpu.min_cuda.clone().map(|cuda| ("minCudaVersion", cuda)));
    let url = Url::parse_with_params("https://x/", query);
    let query = url.map(|url| url.query().unwrap_or_default().to_owned());
    let path = format!("/v2/catalog/gpus?{}", query.unwrap_or_default());
    let catalog = api.get(&path).await.ok();
    let catalog = catalog.and_then(|json| serde_json::from_value::<GpuList>(json).ok());
    let Some(catalog) = catalog else {
        let unknown = |id: &String| Candidate {
            id: id.clone(),
            cost: None,
            stock: None,
        };
        return Ok(gpu.ids.iter().map(unknown).collect());
    };
    choose(
        &gpu.ids,
        gpu.count(),
        settings.cloud.as_deref(),
        &catalog.gpus,
    )
}

fn choose(
    ids: &[String],
    count: u32,
    cloud: Option<&str>,
    catalog: &[GpuType],
) -> Result<Vec<Candidate>> {
    let find = |id: &String| catalog.iter().find(|kind| kind.id == *id);
    let candidate = |kind: &GpuType| {
        let price = match cloud {
            Some("COMMUNITY") => kind.price.community,
            _ => kind.price.secure,
        };
        Candidate {
            id: kind.id.clone(),
            cost: Some(price * f64::from(count)),
            stock: kind.availability.as_deref().map(clean),
        }
    };
    if let Some(unknown) = ids.iter().find(|id| find(id).is_none()) {
        return Err(unknown_card(unknown, catalog));
    }
    let mut candidates: Vec<Candidate> = ids.iter().filter_map(find).map(candidate).collect();
    candidates.sort_by_key(|candidate| !candidate.is_in_stock());
    Ok(candidates)
}

fn unknown_card(id: &str, catalog: &[GpuType]) -> Error {
    let reason = format!("RunPod has no graphics card called `{}`", clean(id));
    let words = id.to_lowercase();
    let is_similar = |kind: &&GpuType| kind.id.to_lowercase().contains(&words);
    let similar = catalog.iter().find(is_similar).or(catalog.first());
    let hint = similar.map_or_else(
        || "RunPod's catalog lists no graphics cards for these settings.".to_owned(),
        |kind| {
            format!(
                "Names are those of its catalog, for example `{}`.",
                clean(&kind.id)
            )
        },
    );
    Error::SettingsInvalid { reason }.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn catalog() -> Vec<GpuType> {
        let kind = |id: &str, secure: f64, stock: &str| {
            json!({
                "id": id,
                "price": {"secure": secure, "community": secure / 2.0},
                "availability": stock,
            })
        };
        let gpus = json!({"gpus": [
            kind("NVIDIA GeForce RTX 4090", 0.5, "NONE"),
            kind("NVIDIA L4", 0.25, "LOW"),
            kind("NVIDIA A40", 0.75, "HIGH"),
        ]});
        serde_json::from_value::<GpuList>(gpus).unwrap().gpus
    }

    fn chosen(ids: &[&str], cloud: Option<&str>) -> Vec<(String, f64)> {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        let candidates = choose(&ids, 2, cloud, &catalog()).unwrap();
        let pair = |it: Candidate| (it.id, it.cost.unwrap());
        candidates.into_iter().map(pair).collect()
    }

    #[test]
    fn the_order_is_kept_and_what_is_not_in_stock_comes_last() {
        let ids = ["NVIDIA GeForce RTX 4090", "NVIDIA L4", "NVIDIA A40"];
        let expected = [
            ("NVIDIA L4", 0.5),
            ("NVIDIA A40", 1.5),
            ("NVIDIA GeForce RTX 4090", 1.0),
        ];
        assert_eq!(
            chosen(&ids, None),
            expected.map(|(id, cost)| (id.to_owned(), cost))
        );
        assert_eq!(
            chosen(&["NVIDIA L4"], Some("COMMUNITY")),
            [("NVIDIA L4".to_owned(), 0.25)]
        );
    }

    #[test]
    fn an_unknown_card_is_refused_with_a_similar_one() {
        for (id, similar) in [
            ("rtx 4090", "RTX 4090`"),
            ("Voodoo", "RTX 4090`"),
            ("l4", "NVIDIA L4"),
        ] {
            let ids = ["NVIDIA A40".to_owned(), id.to_owned()];
            let error = choose(&ids, 1, None, &catalog()).unwrap_err();
            assert_eq!(error.code(), "settings_invalid");
            assert!(
                error.to_string().contains(&format!("called `{id}`")),
                "{error}"
            );
            assert!(
                error.hint().unwrap().contains(similar),
                "{:?}",
                error.hint()
            );
        }
    }
}
